//! The server: handshake, chain-sync, state queries, and transactions it only accepts.

use std::collections::HashMap;
use std::fs;
use std::future::pending;
use std::io::Write;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use pallas_codec::utils::AnyCbor;
use pallas_network::facades::NodeServer;
use pallas_network::miniprotocols::chainsync::{self, BlockContent, ClientRequest};
use pallas_network::miniprotocols::handshake::n2c::VersionTable;
use pallas_network::miniprotocols::localstate::{self, ClientQueryRequest};
use pallas_network::miniprotocols::localtxsubmission as localtx;
use pallas_network::multiplexer::Bearer;
use tokio::net::{TcpListener, UnixListener};
use tokio::signal::unix::{signal, SignalKind};
use tokio::time::{sleep, sleep_until};

use crate::chain::{read_script, Chain, Next};
use crate::chunks::read_folder;
use crate::{from_hex, Address, Args};

/// Time for the muxer to write what it was given, before its task is ended.
const LINGER: Duration = Duration::from_millis(50);

type Queries = HashMap<Vec<u8>, Vec<u8>>;

fn read_queries(path: &Path) -> Result<Queries, String> {
    let text = fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let mut queries = Queries::new();
    for (i, line) in text.lines().enumerate() {
        let words: Vec<&str> = line.split('#').next().unwrap().split_whitespace().collect();
        let pair = match words[..] {
            [] => continue,
            [query, reply] => from_hex(query).zip(from_hex(reply)),
            _ => None,
        };
        let (query, reply) =
            pair.ok_or_else(|| format!("{}:{}: not two words of hex", path.display(), i + 1))?;
        queries.insert(query, reply);
    }
    Ok(queries)
}

enum Listener {
    Unix(UnixListener),
    Tcp(TcpListener),
}

impl Listener {
    async fn accept(&self) -> std::io::Result<Bearer> {
        Ok(match self {
            Listener::Unix(x) => Bearer::accept_unix(x).await?.0,
            Listener::Tcp(x) => Bearer::accept_tcp(x).await?.0,
        })
    }
}

pub async fn serve(args: &Args) -> Result<i32, String> {
    let folder = args.chunks.as_ref().ok_or("serve needs --chunks")?;
    let blocks = read_folder(Path::new(folder), args.limit)?;
    eprintln!("{} blocks", blocks.len());
    let script = args
        .script
        .as_ref()
        .map(|p| read_script(Path::new(p)))
        .transpose()?;
    let queries = args
        .queries
        .as_ref()
        .map(|p| read_queries(Path::new(p)))
        .transpose()?;
    let queries = Arc::new(queries.unwrap_or_default());
    let chain = Arc::new(Chain::new(blocks, script, args.first_block_number));

    let mut ready = "ready".to_string();
    let listener = match &args.address {
        Address::Socket(path) => {
            // A socket that a killed server left behind.
            if fs::symlink_metadata(path).is_ok_and(|m| m.file_type().is_socket()) {
                fs::remove_file(path).map_err(|e| format!("{path}: {e}"))?;
            }
            Listener::Unix(UnixListener::bind(path).map_err(|e| format!("{path}: {e}"))?)
        }
        Address::Tcp(address) => {
            let listener = TcpListener::bind(address)
                .await
                .map_err(|e| format!("{address}: {e}"))?;
            if address.ends_with(":0") {
                let port = listener.local_addr().map_err(|e| e.to_string())?.port();
                ready = format!("ready {port}");
            }
            Listener::Tcp(listener)
        }
    };
    let mut terminate = signal(SignalKind::terminate()).map_err(|e| e.to_string())?;
    println!("{ready}");
    std::io::stdout().flush().map_err(|e| e.to_string())?;
    loop {
        tokio::select! {
            bearer = listener.accept() => {
                let bearer = bearer.map_err(|e| e.to_string())?;
                tokio::spawn(connection(bearer, args.magic, chain.clone(), queries.clone()));
            }
            _ = terminate.recv() => break,
        }
    }
    if let Address::Socket(path) = &args.address {
        let _ = fs::remove_file(path);
    }
    Ok(0)
}

async fn connection(bearer: Bearer, magic: u64, chain: Arc<Chain>, queries: Arc<Queries>) {
    let mut dropped = chain.dropped.subscribe();
    let mut server = NodeServer::new(bearer).await;
    let id = chain.follow();
    let end = tokio::select! {
        end = async {
            match server.handshake.handshake(VersionTable::v10_and_above(magic)).await {
                Ok(Some(_)) => (),
                Ok(None) => return "handshake refused".to_string(),
                Err(e) => return format!("handshake: {e}"),
            }
            // One select over all agents: while it owes a reply the chain-sync
            // agent does not read, and would not notice a disconnect.
            tokio::select! {
                e = follow(&mut server.chainsync, &chain, id) => format!("chain-sync: {e}"),
                e = answer(&mut server.statequery, &queries) => format!("state query: {e}"),
                e = accept_transactions(&mut server.localtxsubmission) => {
                    format!("tx submission: {e}")
                }
            }
        } => end,
        _ = dropped.changed() => "dropped by the script".to_string(),
    };
    chain.leave(id);
    eprintln!("connection {id} ends: {end}");
    // What was sent waits in the muxer; a refused client must see the refusal.
    sleep(LINGER).await;
    server.plexer.abort().await;
}

/// Serve chain-sync until an error, which is returned.
async fn follow(agent: &mut chainsync::N2CServer, chain: &Chain, id: u64) -> String {
    match follow_inner(agent, chain, id).await {
        Ok(()) => pending().await,
        Err(e) => e.to_string(),
    }
}

async fn follow_inner(
    agent: &mut chainsync::N2CServer,
    chain: &Chain,
    id: u64,
) -> Result<(), chainsync::ServerError> {
    let mut changed = chain.changed.subscribe();
    loop {
        match agent.recv_while_idle().await? {
            None => return Ok(()),
            Some(ClientRequest::Intersect(points)) => match chain.intersect(id, &points) {
                (Some(point), tip) => agent.send_intersect_found(point, tip).await?,
                (None, tip) => agent.send_intersect_not_found(tip).await?,
            },
            Some(ClientRequest::RequestNext) => {
                let mut told = false;
                loop {
                    changed.borrow_and_update();
                    match chain.next(id) {
                        Next::Forward(block, tip) => {
                            let content = BlockContent(block.bytes().to_vec());
                            agent.send_roll_forward(content, tip).await?;
                            break;
                        }
                        Next::Back(point, tip) => {
                            agent.send_roll_backward(point, tip).await?;
                            break;
                        }
                        Next::Await(moment) => {
                            if !told {
                                agent.send_await_reply().await?;
                                told = true;
                            }
                            let later = async {
                                match moment {
                                    Some(moment) => sleep_until(moment.into()).await,
                                    None => pending().await,
                                }
                            };
                            tokio::select! {
                                _ = changed.changed() => (),
                                _ = later => (),
                            }
                        }
                        Next::Dropped => pending().await,
                    }
                }
            }
        }
    }
}

/// Answer state queries from the table until an error, which is returned.
async fn answer(agent: &mut localstate::Server, queries: &Queries) -> String {
    match answer_inner(agent, queries).await {
        Ok(()) => pending().await,
        Err(e) => e,
    }
}

async fn answer_inner(agent: &mut localstate::Server, queries: &Queries) -> Result<(), String> {
    let wrong = |e: localstate::Error| e.to_string();
    while agent.recv_while_idle().await.map_err(wrong)?.is_some() {
        agent.send_acquired().await.map_err(wrong)?;
        loop {
            match agent.recv_while_acquired().await.map_err(wrong)? {
                ClientQueryRequest::ReAcquire(_) => agent.send_acquired().await.map_err(wrong)?,
                ClientQueryRequest::Release => break,
                ClientQueryRequest::Query(query) => match queries.get(query.raw_bytes()) {
                    None => return Err(format!("unknown query {}", crate::to_hex(&query))),
                    Some(reply) => {
                        let reply = AnyCbor::from_raw_bytes(reply.clone());
                        agent.send_result(reply).await.map_err(wrong)?;
                    }
                },
            }
        }
    }
    Ok(())
}

/// Accept every transaction until an error, which is returned.
async fn accept_transactions(agent: &mut localtx::Server) -> String {
    loop {
        match agent.recv_next_request().await {
            Ok(localtx::Request::Submit(_)) => {
                if let Err(e) = agent
                    .send_submit_tx_response(localtx::Response::Accepted)
                    .await
                {
                    return e.to_string();
                }
            }
            Ok(localtx::Request::Done) => pending().await,
            Err(e) => return e.to_string(),
        }
    }
}
