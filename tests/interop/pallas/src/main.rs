//! A Node-to-Client peer made of the pallas crates, for tests: a server of chunk
//! files with scripted forks and canned state queries, and a client.

mod chain;
mod chunks;
mod read;
mod serve;

use std::process::exit;

use pallas_network::miniprotocols::Point;

pub const USAGE: i32 = 2;
pub const REFUSED: i32 = 3;
pub const NOT_FOUND: i32 = 4;
pub const CLOSED: i32 = 5;

const HELP: &str = "\
pallas-peer serve ADDRESS --magic N --chunks DIR [--script FILE] [--queries FILE]
                  [--limit N] [--first-block-no N]
pallas-peer read  ADDRESS --magic N [--point SLOT.HASH | --origin] [--count N]
                  [--window W] [--out FILE]
pallas-peer query ADDRESS --magic N --query HEX [--point SLOT.HASH]
ADDRESS: --socket PATH | --tcp HOST:PORT";

pub enum Address {
    Socket(String),
    Tcp(String),
}

pub struct Args {
    pub address: Address,
    pub magic: u64,
    pub chunks: Option<String>,
    pub script: Option<String>,
    pub queries: Option<String>,
    pub limit: Option<usize>,
    pub first_block_number: u64,
    /// None: the origin for `read`, the volatile tip for `query`.
    pub point: Option<Point>,
    pub count: Option<usize>,
    pub window: usize,
    pub out: Option<String>,
    pub query: Option<Vec<u8>>,
}

pub fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || text.len() % 2 != 0 {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&text[i..i + 2], 16).ok())
        .collect()
}

/// A JSON string.
pub fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if (c as u32) < 0x20 => out += &format!("\\u{:04x}", c as u32),
            c => out.push(c),
        }
    }
    out + "\""
}

fn parse_point(text: &str) -> Option<Point> {
    let (slot, hash) = text.split_once('.')?;
    Some(Point::new(slot.parse().ok()?, from_hex(hash)?))
}

fn parse(words: &[String]) -> Result<Args, String> {
    let mut address = None;
    let mut magic = None;
    let mut args = Args {
        address: Address::Socket(String::new()),
        magic: 0,
        chunks: None,
        script: None,
        queries: None,
        limit: None,
        first_block_number: 0,
        point: None,
        count: None,
        window: 1,
        out: None,
        query: None,
    };
    let mut words = words.iter();
    while let Some(option) = words.next() {
        if option == "--origin" {
            args.point = Some(Point::Origin);
            continue;
        }
        let value = words
            .next()
            .ok_or(format!("{option} needs a value"))?
            .clone();
        let wrong = || format!("{option}: bad value {value}");
        let number = || value.parse::<usize>().map_err(|_| wrong());
        match option.as_str() {
            "--socket" => address = Some(Address::Socket(value)),
            "--tcp" => address = Some(Address::Tcp(value)),
            "--magic" => magic = Some(number()? as u64),
            "--chunks" => args.chunks = Some(value),
            "--script" => args.script = Some(value),
            "--queries" => args.queries = Some(value),
            "--limit" => args.limit = Some(number()?),
            "--first-block-no" => args.first_block_number = number()? as u64,
            "--point" => args.point = Some(parse_point(&value).ok_or_else(wrong)?),
            "--count" => args.count = Some(number()?),
            "--window" => args.window = number()?,
            "--out" => args.out = Some(value),
            "--query" => args.query = Some(from_hex(&value).ok_or_else(wrong)?),
            _ => return Err(format!("unknown option {option}")),
        }
    }
    args.address = address.ok_or("needs --socket or --tcp")?;
    args.magic = magic.ok_or("needs --magic")?;
    Ok(args)
}

fn runtime(mut builder: tokio::runtime::Builder) -> tokio::runtime::Runtime {
    builder.enable_all().build().expect("a runtime")
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let command = words.first().map_or("", String::as_str);
    if !["serve", "read", "query"].contains(&command) {
        eprintln!("{HELP}");
        exit(USAGE);
    }
    let args = parse(&words[1..]).unwrap_or_else(|e| {
        eprintln!("pallas-peer: {e}\n{HELP}");
        exit(USAGE);
    });
    let result = match command {
        "serve" => {
            runtime(tokio::runtime::Builder::new_multi_thread()).block_on(serve::serve(&args))
        }
        "read" => {
            runtime(tokio::runtime::Builder::new_current_thread()).block_on(read::read(&args))
        }
        _ => runtime(tokio::runtime::Builder::new_current_thread()).block_on(read::query(&args)),
    };
    exit(result.unwrap_or_else(|e| {
        eprintln!("pallas-peer: {e}");
        1
    }));
}
