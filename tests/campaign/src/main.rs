//! Runs the fault campaign and prints what it has seen.

use campaign::Report;
use clap::Parser;
use std::{
    io::{self, Write},
    process::ExitCode,
    time::{Duration, Instant},
};

/// Portico under a workload while its workers die and its messages get lost.
#[derive(Parser)]
struct Options {
    /// The seed of the first run; the next run has the next one.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many random runs there are.
    #[arg(long, default_value_t = 20)]
    runs: u64,
    /// How long random runs are begun, in seconds; for ever if 0.
    #[arg(long, default_value_t = 0)]
    seconds: u64,
    /// How many turns a random run has before it is left in peace.
    #[arg(long, default_value_t = 3_000)]
    turns: u32,
    /// How many random runs there are without faults and without the sweep.
    #[arg(long, default_value_t = 0)]
    unswept: u64,
    /// Of all ways in which one small run can go wrong once, every so many-th
    /// is tried; none if 0.
    #[arg(long, default_value_t = 1)]
    stride: usize,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<ExitCode> {
    let options = Options::parse();
    let began = Instant::now();
    let mut out = io::stdout().lock();
    let mut is_wrong = false;
    let mut random = Report::default();
    for seed in (options.seed..).take(usize::try_from(options.runs).unwrap_or(usize::MAX)) {
        let limit = Duration::from_secs(options.seconds);
        if !limit.is_zero() && began.elapsed() > limit {
            break;
        }
        let report = campaign::run(seed, options.turns).await;
        for wrong in &report.wrong {
            writeln!(out, "seed {seed}: {wrong}")?;
        }
        random.add(report);
    }
    is_wrong |= !random.wrong.is_empty();
    if random.runs > 0 {
        writeln!(
            out,
            "Random runs from seed {}, {} turns each:\n\n{random}",
            options.seed, options.turns
        )?;
    }
    if options.unswept > 0 {
        let mut unswept = Report::default();
        for seed in options.seed..options.seed + options.unswept {
            let report = campaign::unswept(seed, options.turns).await;
            for wrong in &report.wrong {
                writeln!(out, "seed {seed}, without the sweep: {wrong}")?;
            }
            unswept.add(report);
        }
        is_wrong |= !unswept.wrong.is_empty();
        writeln!(
            out,
            "Random runs without faults and without the sweep, from seed {}, {} turns each:\n\n{unswept}",
            options.seed, options.turns
        )?;
    }
    if options.stride > 0 {
        let report = campaign::enumerate(options.seed, options.stride).await;
        for wrong in &report.wrong {
            writeln!(out, "{wrong}")?;
        }
        is_wrong |= !report.wrong.is_empty();
        writeln!(
            out,
            "One small run, every {}-th way to go wrong once:\n\n{report}",
            options.stride
        )?;
    }
    writeln!(out, "{:.0} s in all", began.elapsed().as_secs_f64())?;
    Ok(if is_wrong {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}
