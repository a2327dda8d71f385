//! Samples, their figures, and the floor beside them.

use anyhow::{Context, Result};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// What a run says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every limit holds.
    Holds,
    /// A limit does not hold.
    Broken,
    /// The machine was too unsteady to say.
    Unstable,
}

/// A call as its client saw it.
#[derive(Clone, Copy)]
pub struct Sample {
    /// When it was made.
    pub at: Instant,
    /// How long its answer took.
    pub took: Duration,
}

/// A stretch of time.
#[derive(Clone, Copy)]
pub struct Span {
    /// Its beginning.
    pub from: Instant,
    /// Its end.
    pub to: Instant,
}

impl Span {
    /// How long it is.
    pub fn length(self) -> Duration {
        self.to.saturating_duration_since(self.from)
    }

    /// The figures of the calls that were under way in it.
    pub fn figures(self, samples: &[Sample]) -> Figures {
        let touches = |sample: &&Sample| sample.at < self.to && sample.at + sample.took > self.from;
        let mut took: Vec<Duration> = samples.iter().filter(touches).map(|sample| sample.took).collect();
        took.sort();
        let at =
            |per_mille: usize| took.get((took.len() * per_mille / 1000).min(took.len().saturating_sub(1)));
        let of = |found: Option<&Duration>| found.copied().unwrap_or_default();
        Figures { count: took.len(), median: of(at(500)), most: of(at(990)), worst: of(took.last()) }
    }
}

/// Figures of calls of one kind in one stretch of time.
#[derive(Clone, Copy)]
pub struct Figures {
    /// How many calls.
    pub count: usize,
    /// Half of them were answered within this.
    pub median: Duration,
    /// All but one in a hundred were answered within this.
    pub most: Duration,
    /// The slowest answer.
    pub worst: Duration,
}

impl Figures {
    /// One line for people.
    pub fn line(&self, what: &str) -> String {
        format!(
            "{what:<34} {:>6} calls   median {:>8.2} ms   p99 {:>8.2} ms   worst {:>8.2} ms",
            self.count,
            ms(self.median),
            ms(self.most),
            ms(self.worst)
        )
    }
}

/// Milliseconds, for printing.
pub fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

/// The floor under everything durable: how often a second a page can be written and synchronised beside the database.
pub fn syncs_per_second(folder: &Path, during: Duration) -> Result<f64> {
    let path = folder.join("floor");
    let mut file = std::fs::File::create(&path).context("the floor cannot be measured")?;
    let page = [0x5A; 4096];
    let begun = Instant::now();
    let mut count = 0_u32;
    while begun.elapsed() < during {
        // A window of a megabyte, written over and over as a log is.
        file.seek(SeekFrom::Start(u64::from(count % 256) * 4096))?;
        file.write_all(&page)?;
        file.sync_data()?;
        count += 1;
    }
    let rate = f64::from(count) / begun.elapsed().as_secs_f64();
    std::fs::remove_file(&path)?;
    Ok(rate)
}
