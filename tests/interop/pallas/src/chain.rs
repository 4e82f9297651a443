//! The chain that all connections share, its followers, and the script that changes it.

use std::collections::{HashMap, VecDeque};
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use pallas_network::miniprotocols::chainsync::Tip;
use pallas_network::miniprotocols::Point;
use tokio::sync::watch;

use crate::chunks::{read_chunk, Block};

pub enum Verb {
    Forward(usize),
    Back(usize),
    Fork(Vec<Arc<Block>>),
    Wait(Duration),
    Drop,
}

/// Read a script: one verb a line, `#` begins a comment.
pub fn read_script(path: &Path) -> Result<VecDeque<Verb>, String> {
    let text = fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut script = VecDeque::new();
    for (i, line) in text.lines().enumerate() {
        let words: Vec<&str> = line.split('#').next().unwrap().split_whitespace().collect();
        let wrong = |what: &str| format!("{}:{}: {what}", path.display(), i + 1);
        let number = |word: &str| word.parse::<usize>().map_err(|_| wrong("not a number"));
        script.push_back(match words[..] {
            [] => continue,
            ["forward", n] => Verb::Forward(number(n)?),
            ["back", n] => Verb::Back(number(n)?),
            ["wait", ms] => Verb::Wait(Duration::from_millis(number(ms)? as u64)),
            ["drop"] => Verb::Drop,
            ["fork", file, skip, count] => {
                let (skip, count) = (number(skip)?, number(count)?);
                let blocks = read_chunk(&folder.join(file))?;
                if skip + count > blocks.len() {
                    return Err(wrong("the file has fewer blocks"));
                }
                Verb::Fork(blocks[skip..skip + count].to_vec())
            }
            _ => return Err(wrong("not a verb of the script")),
        });
    }
    Ok(script)
}

/// What a follower is to be told.
pub enum Next {
    Forward(Arc<Block>, Tip),
    Back(Point, Tip),
    /// Nothing before the chain changes, or before this moment.
    Await(Option<Instant>),
    /// The connection is to be closed.
    Dropped,
}

struct Follower {
    /// How many blocks of the chain the follower has.
    position: usize,
    /// It must be told of its position before anything else.
    roll_back: bool,
}

struct State {
    base: Vec<Arc<Block>>,
    consumed: usize,
    first_number: u64,
    /// Blocks with their block numbers.
    chain: Vec<(Arc<Block>, u64)>,
    followers: HashMap<u64, Follower>,
    next_id: u64,
    script: VecDeque<Verb>,
    waiting: Option<Instant>,
}

enum Step {
    Changed,
    Wait,
    Drop,
    End,
}

impl State {
    fn append(&mut self, blocks: Vec<Arc<Block>>) {
        for block in blocks {
            let number = match self.chain.last() {
                None => self.first_number,
                Some((_, number)) => number + u64::from(!block.boundary),
            };
            self.chain.push((block, number));
        }
    }

    fn forward(&mut self, count: usize) {
        let end = self.base.len().min(self.consumed.saturating_add(count));
        let blocks = self.base[self.consumed..end].to_vec();
        self.consumed = end;
        self.append(blocks);
    }

    fn back(&mut self, length: usize) {
        self.chain.truncate(length);
        self.consumed = self.consumed.min(length);
        let length = self.chain.len();
        for follower in self.followers.values_mut() {
            if follower.position > length {
                follower.position = length;
                follower.roll_back = true;
            }
        }
    }

    /// Run the script's next verb; a `back` together with what grows the chain again.
    fn step(&mut self) -> Step {
        loop {
            match self.script.pop_front() {
                None => return Step::End,
                Some(Verb::Forward(count)) => self.forward(count),
                Some(Verb::Fork(blocks)) => self.append(blocks),
                Some(Verb::Back(length)) => {
                    self.back(length);
                    match self.script.front() {
                        Some(Verb::Forward(_) | Verb::Fork(_) | Verb::Back(_)) => continue,
                        _ => (),
                    }
                }
                Some(Verb::Wait(time)) => {
                    self.waiting = Some(Instant::now() + time);
                    return Step::Wait;
                }
                Some(Verb::Drop) => {
                    self.followers.clear();
                    return Step::Drop;
                }
            }
            return Step::Changed;
        }
    }

    /// The point after the first `length` blocks.
    fn point(&self, length: usize) -> Point {
        match length.checked_sub(1) {
            None => Point::Origin,
            Some(i) => Point::new(self.chain[i].0.slot, self.chain[i].0.hash.to_vec()),
        }
    }

    fn tip(&self) -> Tip {
        let number = self.chain.last().map_or(0, |(_, number)| *number);
        Tip(self.point(self.chain.len()), number)
    }

    fn length_at(&self, point: &Point) -> Option<usize> {
        match point {
            Point::Origin => Some(0),
            Point::Specific(slot, hash) => self
                .chain
                .iter()
                .rposition(|(block, _)| block.slot == *slot && block.hash[..] == hash[..])
                .map(|i| i + 1),
        }
    }
}

pub struct Chain {
    state: Mutex<State>,
    /// Counts the changes of the chain.
    pub changed: watch::Sender<u64>,
    /// Counts the script's `drop`s.
    pub dropped: watch::Sender<u64>,
}

impl Chain {
    /// A chain of all blocks, or with a script one that is empty at first.
    pub fn new(base: Vec<Arc<Block>>, script: Option<VecDeque<Verb>>, first_number: u64) -> Self {
        let whole = script.is_none();
        let mut state = State {
            base,
            consumed: 0,
            first_number,
            chain: Vec::new(),
            followers: HashMap::new(),
            next_id: 0,
            script: script.unwrap_or_default(),
            waiting: None,
        };
        if whole {
            state.forward(usize::MAX);
        }
        Chain {
            state: Mutex::new(state),
            changed: watch::Sender::new(0),
            dropped: watch::Sender::new(0),
        }
    }

    /// Add a follower at the origin.
    pub fn follow(&self) -> u64 {
        let mut state = self.state.lock().unwrap();
        state.next_id += 1;
        let id = state.next_id;
        state.followers.insert(
            id,
            Follower {
                position: 0,
                roll_back: true,
            },
        );
        id
    }

    pub fn leave(&self, id: u64) {
        self.state.lock().unwrap().followers.remove(&id);
    }

    /// Set a follower to the first of the points that is on the chain, if any is.
    pub fn intersect(&self, id: u64, points: &[Point]) -> (Option<Point>, Tip) {
        let mut state = self.state.lock().unwrap();
        let length = points.iter().find_map(|point| state.length_at(point));
        if let (Some(length), Some(follower)) = (length, state.followers.get_mut(&id)) {
            *follower = Follower {
                position: length,
                roll_back: true,
            };
        }
        (length.map(|length| state.point(length)), state.tip())
    }

    /// What a follower is to be told next; runs the script when that is nothing.
    pub fn next(&self, id: u64) -> Next {
        let mut guard = self.state.lock().unwrap();
        let state = &mut *guard;
        loop {
            let Some(follower) = state.followers.get_mut(&id) else {
                return Next::Dropped;
            };
            let position = follower.position;
            if follower.roll_back {
                follower.roll_back = false;
                return Next::Back(state.point(position), state.tip());
            }
            if position < state.chain.len() {
                follower.position += 1;
                return Next::Forward(state.chain[position].0.clone(), state.tip());
            }
            if let Some(moment) = state.waiting {
                if Instant::now() < moment {
                    return Next::Await(Some(moment));
                }
                state.waiting = None;
            }
            match state.step() {
                Step::Changed => self.changed.send_modify(|n| *n += 1),
                Step::Wait => (),
                Step::Drop => {
                    self.dropped.send_modify(|n| *n += 1);
                    return Next::Dropped;
                }
                Step::End => return Next::Await(None),
            }
        }
    }
}
