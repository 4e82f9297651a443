//! The client: reads a chain, or sends one state query.

use std::fs;
use std::time::Instant;

use pallas_codec::utils::AnyCbor;
use pallas_crypto::hash::Hasher;
use pallas_network::miniprotocols::chainsync::{self, BlockContent, Message, NextResponse, Tip};
use pallas_network::miniprotocols::handshake::n2c::VersionTable;
use pallas_network::miniprotocols::handshake::{self, Confirmation, RefuseReason};
use pallas_network::miniprotocols::{
    localstate, Point, PROTOCOL_N2C_CHAIN_SYNC, PROTOCOL_N2C_HANDSHAKE, PROTOCOL_N2C_STATE_QUERY,
};
use pallas_network::multiplexer::{AgentChannel, Bearer, ChannelBuffer, Plexer, RunningPlexer};

use crate::chunks::header_hash;
use crate::{quote, to_hex, Address, Args, CLOSED, NOT_FOUND, REFUSED};

/// The pallas peer's queues hold 100 segments each way.
const MAX_WINDOW: usize = 100;

struct Connection {
    plexer: RunningPlexer,
    version: u64,
    chainsync: AgentChannel,
    statequery: AgentChannel,
}

/// Connect and shake hands; a refusal is printed, and its exit code returned.
async fn connect(args: &Args) -> Result<Result<Connection, i32>, String> {
    let bearer = match &args.address {
        Address::Socket(path) => Bearer::connect_unix(path).await,
        Address::Tcp(address) => Bearer::connect_tcp(address).await,
    };
    let mut plexer = Plexer::new(bearer.map_err(|e| format!("connecting: {e}"))?);
    let hands = plexer.subscribe_client(PROTOCOL_N2C_HANDSHAKE);
    let chainsync = plexer.subscribe_client(PROTOCOL_N2C_CHAIN_SYNC);
    let statequery = plexer.subscribe_client(PROTOCOL_N2C_STATE_QUERY);
    let plexer = plexer.spawn();
    let versions = VersionTable::v10_and_above(args.magic);
    let text = match handshake::N2CClient::new(hands).handshake(versions).await {
        Ok(Confirmation::Accepted(version, _)) => {
            let version = version & 0x7fff;
            return Ok(Ok(Connection {
                plexer,
                version,
                chainsync,
                statequery,
            }));
        }
        Ok(Confirmation::Rejected(reason)) => match reason {
            RefuseReason::VersionMismatch(versions) => format!("version mismatch: {versions:?}"),
            RefuseReason::HandshakeDecodeError(_, text) => format!("decode error: {text}"),
            RefuseReason::Refused(_, text) => text,
        },
        Ok(Confirmation::QueryReply(_)) => return Err("handshake: a query reply".into()),
        Err(e) => return Err(format!("handshake: {e}")),
    };
    println!("{{\"refused\": {}}}", quote(&text));
    Ok(Err(REFUSED))
}

/// What was read until now.
#[derive(Default)]
struct Reading {
    blocks: Vec<Vec<u8>>,
    forwards: usize,
    rollbacks: usize,
    tip: Option<Tip>,
}

impl Reading {
    fn forward(&mut self, block: BlockContent, tip: Tip) {
        self.blocks.push(block.into());
        self.forwards += 1;
        self.tip = Some(tip);
    }

    fn back(&mut self, point: Point, tip: Tip) {
        let keep = match point {
            Point::Origin => 0,
            Point::Specific(_, hash) => self
                .blocks
                .iter()
                .rposition(|block| header_hash(block).is_some_and(|h| h[..] == hash[..]))
                .map_or(0, |i| i + 1),
        };
        self.blocks.truncate(keep);
        self.rollbacks += 1;
        self.tip = Some(tip);
    }
}

type Outcome = Result<bool, String>; // whether the point was found

/// One request at a time, by the library's own agent.
async fn stop_and_wait(
    channel: AgentChannel,
    point: Point,
    count: Option<usize>,
    reading: &mut Reading,
) -> Outcome {
    let wrong = |e: chainsync::ClientError| e.to_string();
    let mut agent = chainsync::N2CClient::new(channel);
    let (found, tip) = agent.find_intersect(vec![point]).await.map_err(wrong)?;
    reading.tip = Some(tip);
    if found.is_none() {
        return Ok(false);
    }
    while count.is_none_or(|count| reading.forwards < count) {
        match agent.request_or_await_next().await.map_err(wrong)? {
            NextResponse::RollForward(block, tip) => reading.forward(block, tip),
            NextResponse::RollBackward(point, tip) => reading.back(point, tip),
            NextResponse::Await if count.is_none() => return Ok(true),
            NextResponse::Await => (),
        }
    }
    agent.send_done().await.map_err(wrong)?;
    Ok(true)
}

/// Many requests in flight: messages below the library's state machine.
async fn pipelined(
    channel: AgentChannel,
    point: Point,
    count: Option<usize>,
    window: usize,
    reading: &mut Reading,
) -> Outcome {
    let mut buffer = ChannelBuffer::new(channel);
    send(&mut buffer, Message::FindIntersect(vec![point])).await?;
    match receive(&mut buffer).await? {
        Message::IntersectFound(_, tip) => reading.tip = Some(tip),
        Message::IntersectNotFound(tip) => {
            reading.tip = Some(tip);
            return Ok(false);
        }
        _ => return Err("not a reply to FindIntersect".into()),
    }
    let mut flying = 0;
    loop {
        let wanted = count.map_or(usize::MAX, |count| count - reading.forwards);
        while flying < window.min(wanted) {
            send(&mut buffer, Message::RequestNext).await?;
            flying += 1;
        }
        if flying == 0 {
            send(&mut buffer, Message::Done).await?;
            return Ok(true);
        }
        match receive(&mut buffer).await? {
            Message::RollForward(block, tip) => reading.forward(block, tip),
            Message::RollBackward(point, tip) => reading.back(point, tip),
            Message::AwaitReply if count.is_none() => return Ok(true),
            Message::AwaitReply => continue,
            _ => return Err("not a reply to RequestNext".into()),
        }
        flying -= 1;
    }
}

async fn send(buffer: &mut ChannelBuffer, message: Message<BlockContent>) -> Result<(), String> {
    buffer
        .send_msg_chunks(&message)
        .await
        .map_err(|e| e.to_string())
}

async fn receive(buffer: &mut ChannelBuffer) -> Result<Message<BlockContent>, String> {
    buffer.recv_full_msg().await.map_err(|e| e.to_string())
}

pub async fn read(args: &Args) -> Result<i32, String> {
    let connection = match connect(args).await? {
        Ok(connection) => connection,
        Err(code) => return Ok(code),
    };
    let mut reading = Reading::default();
    let point = args.point.clone().unwrap_or(Point::Origin);
    let start = Instant::now();
    let outcome = if args.window <= 1 {
        stop_and_wait(connection.chainsync, point, args.count, &mut reading).await
    } else {
        let window = args.window.min(MAX_WINDOW);
        pipelined(
            connection.chainsync,
            point,
            args.count,
            window,
            &mut reading,
        )
        .await
    };
    let seconds = start.elapsed().as_secs_f64();
    // A moment for the last message.
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    connection.plexer.abort().await;
    if let Ok(false) = outcome {
        println!("{{\"no_intersection\": true}}");
        return Ok(NOT_FOUND);
    }
    let mut hasher = Hasher::<256>::new();
    let mut bytes = 0;
    let mut file = Vec::new();
    for block in &reading.blocks {
        hasher.input(block);
        bytes += block.len();
        if args.out.is_some() {
            file.extend((block.len() as u32).to_be_bytes());
            file.extend(block);
        }
    }
    if let Some(path) = &args.out {
        fs::write(path, file).map_err(|e| format!("{path}: {e}"))?;
    }
    let (tip_slot, tip_hash) = match &reading.tip {
        Some(Tip(Point::Specific(slot, hash), _)) => (slot.to_string(), quote(&to_hex(hash))),
        _ => ("null".into(), "null".into()),
    };
    let error = match &outcome {
        Ok(_) => String::new(),
        Err(e) => format!(", \"error\": {}", quote(e)),
    };
    println!(
        "{{\"version\": {}, \"blocks\": {}, \"bytes\": {bytes}, \"digest\": \"{}\", \
         \"rollbacks\": {}, \"tip_slot\": {tip_slot}, \"tip_hash\": {tip_hash}, \
         \"seconds\": {seconds:.6}, \"blocks_per_second\": {:.1}{error}}}",
        connection.version,
        reading.blocks.len(),
        to_hex(&*hasher.finalize()),
        reading.rollbacks,
        reading.forwards as f64 / seconds,
    );
    Ok(if outcome.is_ok() { 0 } else { CLOSED })
}

pub async fn query(args: &Args) -> Result<i32, String> {
    let query = args.query.clone().ok_or("query needs --query")?;
    let connection = match connect(args).await? {
        Ok(connection) => connection,
        Err(code) => return Ok(code),
    };
    let mut agent = localstate::Client::new(connection.statequery);
    let reply = async {
        agent.acquire(args.point.clone()).await?;
        let reply = agent.query_any(AnyCbor::from_raw_bytes(query)).await?;
        agent.send_release().await?;
        agent.send_done().await?;
        Ok::<_, localstate::ClientError>(reply)
    }
    .await;
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    connection.plexer.abort().await;
    match reply {
        Ok(reply) => {
            println!("{{\"result\": \"{}\"}}", to_hex(&reply));
            Ok(0)
        }
        Err(e) => {
            println!("{{\"error\": {}}}", quote(&e.to_string()));
            Ok(CLOSED)
        }
    }
}
