// A Node-to-Client server and client on the codecs of HarmonicLabs. See README.md.

import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { parseArgs } from 'node:util';

import cborPackage from '@harmoniclabs/cbor';
import ouroboros from '@harmoniclabs/ouroboros-miniprotocols-ts';
import { blake2b } from '@noble/hashes/blake2b';

const { Cbor, CborArray, CborBytes, CborMap, CborTag } = cborPackage;
const {
  ChainPoint,
  ChainSyncAwaitReply,
  ChainSyncFindIntersect,
  ChainSyncIntersectFound,
  ChainSyncIntersectNotFound,
  ChainSyncMessageDone,
  ChainSyncRequestNext,
  ChainSyncRollBackwards,
  ChainSyncRollForward,
  ChainTip,
  HandshakeAcceptVersion,
  HandshakeProposeVersion,
  HandshakeQueryReply,
  HandshakeRefuse,
  MiniProtocol,
  RefuseReasonHandshakeDecodeError,
  RefuseReasonRefuse,
  RefuseReasonVersionMismatch,
  VersionData,
  chainSyncMessageFromCborObj,
  handshakeMessageFromCborObj,
  unwrapMultiplexerMessages,
  wrapMultiplexerMessage,
} = ouroboros;

const HANDSHAKE = MiniProtocol.Handshake;
const CHAIN_SYNC = MiniProtocol.LocalChainSync;
const VERSIONS = [16, 17, 18, 19];
const CLIENT_BIT = 0x8000;
const SEGMENT_HEADER = 8;
const MAX_PAYLOAD = 12288; // what a node's local bearer writes at most
const HIGH_WATER = 131072;
const BYRON_EPOCH_SLOTS = 21600n;
const UNUSABLE = 1;
const WRONG_USAGE = 2;
const REFUSED = 3;
const NOT_FOUND = 4;
const CLOSED = 5;

// ---- CBOR ----

/**
 * Where the item that begins at `at` ends, or -1 when bytes are missing. The package has no such
 * thing: its parser throws the same for missing bytes as for wrong ones.
 */
function itemEnd(bytes, at) {
  const open = []; // how many items each open list, map or tag still lacks; Infinity: until a break
  do {
    if (at >= bytes.length) return -1;
    const first = bytes[at++];
    const major = first >> 5;
    const info = first & 31;
    if (first === 0xff) {
      if (open.pop() !== Infinity) throw new Error('CBOR: a break out of place');
    } else if (info === 31) {
      if (major < 2 || major > 5) throw new Error(`CBOR: wrong first byte ${first}`);
      open.push(Infinity);
      continue;
    } else {
      let value = info;
      if (info > 27) throw new Error(`CBOR: wrong first byte ${first}`);
      if (info >= 24) {
        const width = 1 << (info - 24);
        if (at + width > bytes.length) return -1;
        value = 0;
        for (const end = at + width; at < end; at++) value = value * 256 + bytes[at];
      }
      if (major === 2 || major === 3) {
        at += value;
        if (at > bytes.length) return -1;
      } else if (major === 6 || ((major === 4 || major === 5) && value > 0)) {
        open.push(major === 6 ? 1 : major === 5 ? 2 * value : value);
        continue;
      }
    }
    while (open.length > 0 && open.at(-1) !== Infinity && --open[open.length - 1] === 0) open.pop();
  } while (open.length > 0);
  return at;
}

function parse(bytes) {
  return Cbor.parse(bytes, { keepRef: false });
}

function encode(message) {
  return message.toCbor().toBuffer();
}

function concat(a, b) {
  if (a.length === 0) return b;
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

function toHex(bytes) {
  return Buffer.from(bytes).toString('hex');
}

// ---- Blocks, as the bytes `[tag, block]` ----

/** The header's bytes: after the outer list's first byte, the tag and the block's first byte. */
function header(block) {
  return block.subarray(3, itemEnd(block, 3));
}

function headerHash(block) {
  const tag = block[1];
  const hash = blake2b.create({ dkLen: 32 });
  if (tag < 2) hash.update(Uint8Array.of(0x82, tag));
  return toHex(hash.update(header(block)).digest());
}

function blockNumber(block) {
  const items = parse(header(block).slice()).array;
  const tag = block[1];
  if (tag === 0) return items[3].array[1].array[0].num;
  if (tag === 1) return items[3].array[2].array[0].num;
  return items[0].array[0].num;
}

/** The blocks of all chunk files of a folder, in the order of their numbers. */
function readChunks(folder, limit) {
  const names = readdirSync(folder).filter((name) => /^\d+\.chunk$/.test(name));
  names.sort((a, b) => parseInt(a, 10) - parseInt(b, 10));
  const blocks = [];
  for (const name of names) {
    const file = new Uint8Array(readFileSync(path.join(folder, name)));
    const index = readFileSync(path.join(folder, name.replace(/chunk$/, 'secondary')));
    for (let at = 0; at < index.length; at += 56) {
      if (blocks.length === limit) return blocks;
      const start = Number(index.readBigUInt64BE(at));
      const end = at + 56 < index.length ? Number(index.readBigUInt64BE(at + 56)) : file.length;
      const bytes = file.subarray(start, end);
      if (bytes.length < 4 || bytes[0] !== 0x82) throw new Error(`${name}: no block at ${start}`);
      const slot = index.readBigUInt64BE(at + 48);
      blocks.push({
        bytes,
        slot: bytes[1] === 0 ? slot * BYRON_EPOCH_SLOTS : slot,
        hash: new Uint8Array(index.subarray(at + 16, at + 48)),
      });
    }
  }
  return blocks;
}

// ---- Segments and messages ----

/**
 * One side of a connection: cuts what comes into messages, and messages into segments.
 * `receive(protocol, bytes)` gets whole messages.
 */
class Link {
  constructor(socket, isServer, receive, fail) {
    this.socket = socket;
    this.isServer = isServer;
    this.receive = receive;
    this.unread = new Uint8Array(0);
    this.begun = new Map([
      [HANDSHAKE, new Uint8Array(0)],
      [CHAIN_SYNC, new Uint8Array(0)],
    ]);
    socket.on('data', (chunk) => {
      try {
        this.take(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length));
      } catch (error) {
        fail(error);
      }
    });
  }

  /** `unwrapMultiplexerMessages` loses 1 to 7 bytes at an end, so it gets exactly one segment. */
  take(chunk) {
    const bytes = concat(this.unread, chunk);
    let at = 0;
    while (bytes.length - at >= SEGMENT_HEADER) {
      const end = at + SEGMENT_HEADER + ((bytes[at + 6] << 8) | bytes[at + 7]);
      if (end > bytes.length) break;
      this.segment(unwrapMultiplexerMessages(bytes.slice(at, end))[0]);
      at = end;
    }
    this.unread = bytes.slice(at);
  }

  /** `hasAgency` of a read segment is its mode bit: the contrary of what it means in writing. */
  segment({ header: { protocol, hasAgency, payloadLength }, payload }) {
    if (hasAgency === this.isServer) throw new Error('a segment with our own direction bit');
    if (payloadLength === 0) throw new Error('an empty segment');
    if (!this.begun.has(protocol)) throw new Error(`a segment of protocol ${protocol}`);
    const bytes = concat(this.begun.get(protocol), payload);
    let at = 0;
    while (at < bytes.length) {
      const end = itemEnd(bytes, at);
      if (end < 0) break;
      this.receive(protocol, bytes.slice(at, end));
      at = end;
    }
    this.begun.set(protocol, bytes.slice(at));
  }

  /** Whether more may be written at once. */
  send(protocol, message) {
    let more = true;
    for (let at = 0; at < message.length; at += MAX_PAYLOAD) {
      const part = message.subarray(at, at + MAX_PAYLOAD);
      more = this.socket.write(wrapMultiplexerMessage(part, { protocol, hasAgency: !this.isServer }));
    }
    return more;
  }
}

// ---- Handshake ----

/** The package writes `initiatorOnlyDiffusionMode` where `query` belongs; false is right for both. */
function versionData(networkMagic) {
  return new VersionData(
    { networkMagic, initiatorOnlyDiffusionMode: false, peerSharing: false, query: false },
    { includePeerSharing: false, includeQuery: true },
  );
}

function versionTable(magic) {
  return Object.fromEntries(VERSIONS.map((version) => [version, versionData(magic)]));
}

/**
 * The reply to a proposal, and the version when it is accepted. The package cannot parse a table
 * with versions up to 14, whose data is a mere number, and takes the versions of the node-to-node
 * protocol for ours, so it gets only the versions that are known here.
 */
function answerProposal(bytes, magic) {
  const proposal = parse(bytes);
  if (!(proposal instanceof CborArray && proposal.array[1] instanceof CborMap)) {
    throw new Error('handshake: not a proposal');
  }
  const [kind, { map: entries, indefinite }] = proposal.array;
  const numbers = entries.map(({ k }) => Number(k.num));
  if (indefinite || numbers.some((number, i) => i > 0 && number <= numbers[i - 1])) {
    throw new Error('handshake: the versions are not a map of ascending keys');
  }
  const known = entries.filter(({ k }) => VERSIONS.some((version) => Number(k.num) === version + CLIENT_BIT));
  if (known.length === 0) return refuse(new RefuseReasonVersionMismatch(VERSIONS, false));
  const version = Number(known.at(-1).k.num) - CLIENT_BIT;
  let data;
  try {
    const table = new CborArray([kind, new CborMap(known)]);
    data = HandshakeProposeVersion.fromCborObj(table, false).versionTable[version];
  } catch (error) {
    return refuse(new RefuseReasonHandshakeDecodeError({ version, decodeError: error.message }, false));
  }
  if (data.networkMagic !== magic) {
    const errorMessage = `version data mismatch: network magic ${magic} /= ${data.networkMagic}`;
    return refuse(new RefuseReasonRefuse({ version, errorMessage }, false));
  }
  if (data.query) return { reply: new HandshakeQueryReply({ versionTable: versionTable(magic) }, false) };
  const accept = { versionNumber: version, versionData: versionData(magic) };
  return { reply: new HandshakeAcceptVersion(accept, false), version };
}

function refuse(reason) {
  return { reply: new HandshakeRefuse({ reason }, false) };
}

function refusalText(reason) {
  if (reason instanceof RefuseReasonVersionMismatch) return `version mismatch: [${reason.validVersions.join(', ')}]`;
  if (reason instanceof RefuseReasonHandshakeDecodeError) return `decode error: ${reason.decodeError}`;
  return reason.errorMessage;
}

// ---- Server ----

/** What all connections share. */
class Chain {
  constructor(blocks) {
    this.blocks = blocks;
    this.places = new Map(blocks.map(({ slot, hash }, i) => [`${slot}.${toHex(hash)}`, i + 1]));
    const last = blocks.at(-1);
    this.tip = new ChainTip({ point: this.point(blocks.length), blockNo: last ? blockNumber(last.bytes) : 0n });
  }

  /** The point after so many blocks. */
  point(count) {
    if (count === 0) return new ChainPoint({});
    const { slot, hash } = this.blocks[count - 1];
    return new ChainPoint({ blockHeader: { slotNumber: slot, hash } });
  }

  /** How many blocks there are up to a point, or undefined. */
  find(point) {
    if (point.isOrigin()) return 0;
    const { slotNumber, hash } = point.blockHeader;
    return this.places.get(`${slotNumber}.${toHex(hash)}`);
  }
}

class Follower {
  constructor(socket, chain, magic) {
    this.socket = socket;
    this.chain = chain;
    this.magic = magic;
    this.version = undefined;
    this.queue = []; // messages not yet looked at
    this.start();
    this.full = false; // the socket's buffer
    this.link = new Link(socket, true, (protocol, bytes) => this.queue.push({ protocol, bytes }), (e) => this.fail(e));
    socket.on('data', () => this.work());
    socket.on('drain', () => {
      this.full = false;
      this.work();
    });
    socket.on('error', (error) => this.fail(error));
  }

  /** Chain-sync at its beginning. */
  start() {
    this.cursor = 0;
    this.rollBack = true;
    this.awaiting = false;
  }

  fail(error) {
    console.error(`connection: ${error.message}`);
    this.socket.destroy();
  }

  /** Replies while there are requests, and room: a client that only writes does not stop us reading. */
  work() {
    this.socket.cork();
    try {
      let done = 0;
      for (; done < this.queue.length; done++) {
        if (this.full || this.awaiting || this.socket.destroyed || this.socket.writableEnded) break;
        const { protocol, bytes } = this.queue[done];
        if (protocol === HANDSHAKE) this.handshake(bytes);
        else this.chainSync(chainSyncMessageFromCborObj(parse(bytes)));
      }
      this.queue.splice(0, done);
    } catch (error) {
      this.fail(error);
    } finally {
      this.socket.uncork();
    }
  }

  send(protocol, message) {
    if (!this.link.send(protocol, encode(message))) this.full = true;
  }

  handshake(bytes) {
    if (this.version !== undefined) throw new Error('a second handshake');
    const { reply, version } = answerProposal(bytes, this.magic);
    this.version = version;
    this.send(HANDSHAKE, reply);
    if (version === undefined) this.socket.end();
  }

  chainSync(message) {
    if (this.version === undefined) throw new Error('chain-sync before the handshake');
    const { chain } = this;
    const { tip } = chain;
    if (message instanceof ChainSyncRequestNext) {
      if (this.rollBack) {
        this.rollBack = false;
        this.send(CHAIN_SYNC, new ChainSyncRollBackwards({ point: chain.point(this.cursor), tip }));
      } else if (this.cursor < chain.blocks.length) {
        const data = new CborTag(24, new CborBytes(chain.blocks[this.cursor++].bytes));
        this.send(CHAIN_SYNC, new ChainSyncRollForward({ data, tip }));
      } else {
        this.awaiting = true; // for ever: the chain does not grow
        this.send(CHAIN_SYNC, new ChainSyncAwaitReply());
      }
    } else if (message instanceof ChainSyncFindIntersect) {
      const point = message.points.find((one) => chain.find(one) !== undefined);
      if (point === undefined) {
        this.send(CHAIN_SYNC, new ChainSyncIntersectNotFound({ tip }));
      } else {
        this.cursor = chain.find(point);
        this.rollBack = true;
        this.send(CHAIN_SYNC, new ChainSyncIntersectFound({ point, tip }));
      }
    } else if (message instanceof ChainSyncMessageDone) {
      this.start(); // a node begins the protocol anew when the client does
    } else {
      throw new Error('a message that only servers send');
    }
  }
}

function serve({ socket, magic, chunks, limit }) {
  const chain = new Chain(readChunks(chunks, limit));
  const server = net.createServer({ highWaterMark: HIGH_WATER }, (one) => new Follower(one, chain, magic));
  const stop = () => {
    rmSync(socket, { force: true });
    process.exit(0);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  server.on('error', (error) => {
    console.error(error.message);
    process.exit(UNUSABLE);
  });
  server.listen(socket, () => console.log('ready'));
}

// ---- Client ----

class Client {
  constructor(address) {
    this.messages = [];
    this.waiter = undefined;
    this.error = undefined;
    this.connected = false;
    this.socket = net.connect(address, () => (this.connected = true));
    this.link = new Link(this.socket, false, (protocol, bytes) => this.take({ protocol, bytes }), (e) => this.fail(e));
    this.socket.on('error', (error) => this.fail(error));
    this.socket.on('close', () => this.fail(new Error('the server closed the connection')));
  }

  take(message) {
    this.messages.push(message);
    this.wake();
  }

  fail(error) {
    this.error ??= error;
    this.wake();
  }

  wake() {
    this.waiter?.();
    this.waiter = undefined;
  }

  async receive(protocol) {
    while (this.messages.length === 0) {
      if (this.error) throw this.error;
      await new Promise((resolve) => (this.waiter = resolve));
    }
    const message = this.messages.shift();
    if (message.protocol !== protocol) throw new Error(`a message of protocol ${message.protocol}`);
    return parse(message.bytes);
  }

  async handshake(magic) {
    this.link.send(HANDSHAKE, encode(new HandshakeProposeVersion({ versionTable: versionTable(magic) }, false)));
    return handshakeMessageFromCborObj(await this.receive(HANDSHAKE));
  }

  async chainSync(message) {
    this.link.send(CHAIN_SYNC, encode(message));
    return this.reply();
  }

  async reply() {
    return chainSyncMessageFromCborObj(await this.receive(CHAIN_SYNC));
  }

  /** After what was sent. */
  close() {
    this.socket.end(() => this.socket.destroy());
  }
}

async function read({ socket, magic, point, count, out }) {
  const client = new Client(socket);
  const reading = { blocks: [], rollbacks: 0, tip: undefined };
  let version;
  let failure;
  try {
    const answer = await client.handshake(magic);
    if (answer instanceof HandshakeRefuse) {
      console.log(JSON.stringify({ refused: refusalText(answer.reason) }));
      return REFUSED;
    }
    if (!(answer instanceof HandshakeAcceptVersion)) throw new Error('handshake: not an answer');
    version = answer.versionNumber;
    if (!VERSIONS.includes(version)) throw new Error(`version ${version} was not proposed`);
    if (answer.versionData.networkMagic !== magic) throw new Error('another magic was accepted');
    const found = await client.chainSync(new ChainSyncFindIntersect({ points: [point] }));
    reading.tip = found.tip;
    if (found instanceof ChainSyncIntersectNotFound) {
      console.log(JSON.stringify({ no_intersection: true }));
      return NOT_FOUND;
    }
    if (!(found instanceof ChainSyncIntersectFound && ChainPoint.eq(found.point, point))) {
      throw new Error('not a reply to FindIntersect');
    }
    await follow(client, reading, count);
  } catch (error) {
    if (!client.connected) {
      console.error(error.message);
      return UNUSABLE;
    }
    failure = error.message;
  } finally {
    client.close();
  }
  report(reading, version, out, failure);
  return failure === undefined ? 0 : CLOSED;
}

async function follow(client, reading, count) {
  for (let forwards = 0; count === undefined || forwards < count; ) {
    let message = await client.chainSync(new ChainSyncRequestNext());
    if (message instanceof ChainSyncAwaitReply) {
      if (count === undefined) return;
      message = await client.reply();
    }
    if (message instanceof ChainSyncRollForward) {
      const { data } = message;
      if (!(data instanceof CborTag && data.tag === 24n && data.data instanceof CborBytes)) {
        throw new Error('a block that is not wrapped');
      }
      reading.blocks.push(data.data.bytes);
      forwards++;
    } else if (message instanceof ChainSyncRollBackwards) {
      rollBack(reading.blocks, message.point);
      reading.rollbacks++;
    } else {
      throw new Error('not a reply to RequestNext');
    }
    reading.tip = message.tip;
  }
  client.link.send(CHAIN_SYNC, encode(new ChainSyncMessageDone()));
}

function rollBack(blocks, point) {
  const hash = point.isOrigin() ? '' : toHex(point.blockHeader.hash);
  let keep = point.isOrigin() ? 0 : blocks.length;
  while (keep > 0 && headerHash(blocks[keep - 1]) !== hash) keep--;
  blocks.length = keep;
}

function report({ blocks, rollbacks, tip }, version, out, error) {
  const hash = blake2b.create({ dkLen: 32 });
  let bytes = 0;
  for (const block of blocks) {
    hash.update(block);
    bytes += block.length;
  }
  if (out !== undefined) {
    const file = Buffer.alloc(bytes + 4 * blocks.length);
    let at = 0;
    for (const block of blocks) {
      at = file.writeUInt32BE(block.length, at);
      file.set(block, at);
      at += block.length;
    }
    writeFileSync(out, file);
  }
  const last = tip?.point.blockHeader;
  const told = {
    version,
    blocks: blocks.length,
    bytes,
    digest: toHex(hash.digest()),
    rollbacks,
    tip_slot: last ? Number(last.slotNumber) : null,
    tip_hash: last ? toHex(last.hash) : null,
    error,
  };
  console.log(JSON.stringify(told));
}

// ---- Command line ----

const USAGE = `usage: node peer.mjs serve --socket PATH --magic N --chunks DIR [--limit N]
       node peer.mjs read --socket PATH --magic N [--point SLOT.HASH | --origin] [--count N] [--out FILE]`;

function usage(error) {
  console.error(`${error}\n${USAGE}`);
  process.exit(WRONG_USAGE);
}

function number(name, text) {
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text)) usage(`--${name}: not a number: ${text}`);
  return Number(text);
}

function toPoint(text) {
  if (text === undefined) return new ChainPoint({});
  const parts = /^(\d+)\.([0-9a-f]{64})$/i.exec(text);
  if (!parts) usage(`--point: not SLOT.HASH: ${text}`);
  return new ChainPoint({ blockHeader: { slotNumber: BigInt(parts[1]), hash: new Uint8Array(Buffer.from(parts[2], 'hex')) } });
}

function commandLine() {
  const text = { type: 'string' };
  const options = { socket: text, magic: text, chunks: text, limit: text, point: text, origin: { type: 'boolean' }, count: text, out: text };
  try {
    return parseArgs({ options, allowPositionals: true });
  } catch (error) {
    return usage(error.message);
  }
}

const { values, positionals } = commandLine();
const { socket, chunks, out } = values;
const magic = number('magic', values.magic);
if (socket === undefined || magic === undefined) usage('--socket and --magic are needed');
try {
  if (positionals.join() === 'serve') {
    if (chunks === undefined) usage('--chunks is needed');
    serve({ socket, magic, chunks, limit: number('limit', values.limit) });
  } else if (positionals.join() === 'read') {
    if (values.origin && values.point !== undefined) usage('--point or --origin, not both');
    process.exitCode = await read({ socket, magic, point: toPoint(values.point), count: number('count', values.count), out });
  } else {
    usage('serve or read');
  }
} catch (error) {
  console.error(error.message);
  process.exit(UNUSABLE);
}
