//! How many webhooks a second, and how soon: Portico beside BullMQ with Redis,
//! which sends the same signed requests from a queue, on the same machine, one
//! after the other.
//!
//! BullMQ queues, signs and sends. Portico also decides and stores the change
//! through its API, stores the event and each delivery, and logs each attempt
//! with its answer.
//!
//! - *All*: from the first change to the last webhook.
//! - *Drain*: everything stands in the queue before the first is sent.
//! - *Delay*: from the answer to the change to the webhook, 50 webhooks a second.
//! - *Rush*: the same with 50 changes a second, each to all endpoints.

mod bullmq;
mod fairness;
mod portico;
mod receiver;

use bullmq::BullMq;
use clap::{Parser, ValueEnum};
use portico::Portico;
use receiver::Receiver;
use std::{
    collections::BTreeMap,
    io::{self, Write},
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tikv_jemallocator::Jemalloc;

/// As the command `portico` has it.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

/// Portico beside BullMQ with Redis.
#[derive(Parser)]
struct Options {
    /// How many webhooks each measurement sends.
    #[arg(long, default_value_t = 4_000)]
    webhooks: usize,
    /// How often everything is measured; the median counts.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Measure Portico alone, for a profiler.
    #[arg(long)]
    alone: bool,
    /// Measure this alone.
    #[arg(long)]
    mode: Option<Mode>,
    /// To how many endpoints each event goes.
    #[arg(long, num_args = 1.., default_values_t = [1, 10])]
    fan_out: Vec<usize>,
    /// Measure instead what another workspace's endpoints, with so many
    /// deliveries waiting, do to the delays of this one.
    #[arg(long, value_name = "DELIVERIES")]
    fairness: Option<usize>,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
enum Mode {
    #[value(name = "all")]
    Burst,
    Drain,
    Delay,
    Rush,
}

/// When something was committed, by its name, in microseconds.
type Commits = BTreeMap<String, u64>;

/// What one measurement found.
struct Found {
    began: u64,
    commits: Commits,
}

fn main() -> io::Result<()> {
    // As the command `portico` has it.
    portico_local::threads::runtime()?.block_on(measure(Options::parse()))
}

async fn measure(options: Options) -> io::Result<()> {
    if let Some(waiting) = options.fairness {
        return fairness::measure(waiting, options.rounds).await;
    }
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "| fan-out | measured | Portico | BullMQ | ratio |\n|---|---|---|---|---|"
    )?;
    for fan_out in options.fan_out {
        let receiver = Receiver::start().await?;
        let portico = Portico::start(&receiver.url, fan_out).await;
        let bullmq = if options.alone {
            None
        } else {
            Some(BullMq::start(&receiver.url, fan_out).await?)
        };
        let modes = [Mode::Burst, Mode::Drain, Mode::Delay, Mode::Rush].into_iter();
        for mode in modes.filter(|mode| options.mode.is_none_or(|only| only == *mode)) {
            let events = match mode {
                Mode::Burst | Mode::Drain => options.webhooks / fan_out,
                Mode::Delay => 500 / fan_out,
                Mode::Rush if fan_out > 1 => 100,
                // That is the delay.
                Mode::Rush => continue,
            };
            let (mut ours, mut theirs) = (Vec::new(), Vec::new());
            for round in 0..options.rounds {
                // With a number behind it a name of two words, as companies have.
                let label = format!("{mode:?}{fan_out}x{round}");
                let found = portico.measure(mode, events, &label).await;
                ours.push(summary(mode, &found, &receiver, fan_out).await);
                if let Some(bullmq) = &bullmq {
                    let found = bullmq.measure(mode, events, &label).await?;
                    theirs.push(summary(mode, &found, &receiver, fan_out).await);
                }
            }
            for (place, what) in mode.columns().iter().enumerate() {
                let (ours, theirs) = (median(&ours, place), median(&theirs, place));
                let ratio = ours / theirs;
                writeln!(
                    out,
                    "| {fan_out} | {what} | {ours:.1} | {theirs:.1} | {ratio:.2} |"
                )?;
                out.flush()?;
            }
        }
    }
    Ok(())
}

impl Mode {
    /// How much time is between two changes, where they do not come all at once.
    fn pace(self, fan_out: usize) -> Duration {
        let changes = if self == Self::Delay { fan_out } else { 1 };
        Duration::from_millis(20) * u32::try_from(changes).unwrap_or(u32::MAX)
    }

    const fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Burst => &["all, webhooks a second"],
            Self::Drain => &["drain, webhooks a second"],
            Self::Delay => &["delay p50, ms", "delay p99, ms"],
            Self::Rush => &["rush p50, ms", "rush p99, ms"],
        }
    }
}

/// Waits for all webhooks, and says how quick they were.
async fn summary(mode: Mode, found: &Found, receiver: &Receiver, fan_out: usize) -> Vec<f64> {
    let expected = found.commits.len() * fan_out;
    let came = receiver.wait_for(expected).await;
    match mode {
        Mode::Burst | Mode::Drain => {
            let last = came.iter().map(|(_, at)| *at).max().unwrap_or_default();
            let took = Duration::from_micros(last.saturating_sub(found.began));
            #[expect(clippy::cast_precision_loss, reason = "thousands")]
            let count = came.len() as f64;
            vec![count / took.as_secs_f64()]
        }
        Mode::Delay | Mode::Rush => {
            let delays = delays(&found.commits, &came);
            vec![percentile(&delays, 50), percentile(&delays, 99)]
        }
    }
}

/// How long after its commit each webhook came, in milliseconds, in order.
fn delays(commits: &Commits, came: &[(String, u64)]) -> Vec<f64> {
    let mut delays: Vec<f64> = came
        .iter()
        .filter_map(|(name, at)| Some(at.saturating_sub(*commits.get(name)?)))
        .map(|micros| Duration::from_micros(micros).as_secs_f64() * 1_000.0)
        .collect();
    delays.sort_by(f64::total_cmp);
    delays
}

fn percentile(sorted: &[f64], percent: usize) -> f64 {
    let place = sorted.len().saturating_sub(1) * percent / 100;
    sorted.get(place).copied().unwrap_or(f64::NAN)
}

fn median(rounds: &[Vec<f64>], place: usize) -> f64 {
    let mut values: Vec<f64> = rounds.iter().map(|round| round[place]).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
    })
}
