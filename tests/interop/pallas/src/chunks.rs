//! Immutable chunk files with their secondary indexes, as raw blocks.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pallas_codec::minicbor::Decoder;
use pallas_crypto::hash::Hasher;

const ENTRY: usize = 56;
const BYRON_EPOCH_SLOTS: u64 = 21600;

/// One block: its place in a chunk file held in memory.
pub struct Block {
    file: Arc<Vec<u8>>,
    start: usize,
    end: usize,
    pub slot: u64,
    pub hash: [u8; 32],
    /// An epoch boundary block: it has its predecessor's block number.
    pub boundary: bool,
}

impl Block {
    /// The bytes `[tag, block]`.
    pub fn bytes(&self) -> &[u8] {
        &self.file[self.start..self.end]
    }
}

/// The blocks of one chunk file, found by the `.secondary` beside it.
pub fn read_chunk(path: &Path) -> Result<Vec<Arc<Block>>, String> {
    let read = |p: &Path| fs::read(p).map_err(|e| format!("{}: {e}", p.display()));
    let file = Arc::new(read(path)?);
    let index = read(&path.with_extension("secondary"))?;
    if index.len() % ENTRY != 0 {
        return Err(format!(
            "{}: odd length of the secondary index",
            path.display()
        ));
    }
    let entries: Vec<&[u8]> = index.chunks_exact(ENTRY).collect();
    let offset = |e: &[u8]| u64::from_be_bytes(e[..8].try_into().unwrap()) as usize;
    let mut blocks = Vec::with_capacity(entries.len());
    for (i, entry) in entries.iter().enumerate() {
        let start = offset(entry);
        let end = entries.get(i + 1).map_or(file.len(), |next| offset(next));
        if start + 2 > end || end > file.len() || file[start] != 0x82 {
            return Err(format!("{}: entry {i} is no block", path.display()));
        }
        let boundary = file[start + 1] == 0;
        let slot = u64::from_be_bytes(entry[48..56].try_into().unwrap());
        blocks.push(Arc::new(Block {
            file: file.clone(),
            start,
            end,
            slot: if boundary {
                slot * BYRON_EPOCH_SLOTS
            } else {
                slot
            },
            hash: entry[16..48].try_into().unwrap(),
            boundary,
        }));
    }
    Ok(blocks)
}

/// The blocks of all chunk files of a folder, in the order of their numbers.
pub fn read_folder(folder: &Path, limit: Option<usize>) -> Result<Vec<Arc<Block>>, String> {
    let mut files: Vec<(u64, PathBuf)> = fs::read_dir(folder)
        .map_err(|e| format!("{}: {e}", folder.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|x| x == "chunk"))
        .filter_map(|path| Some((path.file_stem()?.to_str()?.parse().ok()?, path)))
        .collect();
    files.sort();
    let limit = limit.unwrap_or(usize::MAX);
    let mut blocks = Vec::new();
    for (_, path) in files {
        if blocks.len() >= limit {
            break;
        }
        blocks.extend(read_chunk(&path)?);
    }
    blocks.truncate(limit);
    Ok(blocks)
}

/// The header hash of a block given as `[tag, block]`.
pub fn header_hash(bytes: &[u8]) -> Option<[u8; 32]> {
    let mut d = Decoder::new(bytes);
    d.array().ok()?;
    let tag = d.u8().ok()?;
    d.array().ok()?;
    let start = d.position();
    d.skip().ok()?;
    let mut hasher = Hasher::<256>::new();
    if tag < 2 {
        hasher.input(&[0x82, tag]);
    }
    hasher.input(&bytes[start..d.position()]);
    Some(*hasher.finalize())
}
