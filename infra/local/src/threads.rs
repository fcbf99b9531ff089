//! The threads of a server.
//!
//! Linux often runs a thread that is woken where whoever woke it runs, even if
//! another processor is idle. On a small machine all of them then share one for
//! milliseconds, and one of them has the table's turn meanwhile (ADR 80).

use std::io;
use tokio::runtime::{Builder, Runtime};

/// A runtime for a server. On a small machine each of its workers keeps to a
/// processor of its own.
pub fn runtime() -> io::Result<Runtime> {
    let mut builder = Builder::new_multi_thread();
    #[cfg(target_os = "linux")]
    linux::bind(&mut builder);
    builder.enable_all().build()
}

#[cfg(target_os = "linux")]
mod linux {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
    use std::{
        num::NonZero,
        sync::atomic::{AtomicUsize, Ordering},
        thread::available_parallelism,
    };
    use tokio::runtime::Builder;

    /// With more processors some are free, and not all may be equally quick.
    const FEW: usize = 4;

    /// Best effort: a server is as good without, only slower.
    pub(super) fn bind(builder: &mut Builder) {
        // It fails where there are more processors than the set has places.
        let Ok(all) = sched_getaffinity(None) else {
            return;
        };
        let own = to_bind(&all, at_once());
        if own.is_empty() {
            return;
        }
        let started = AtomicUsize::new(0);
        builder.on_thread_start(move || {
            // Workers come first. Who comes later has been started by one of
            // them, and would keep to the same processor.
            let place = started.fetch_add(1, Ordering::Relaxed);
            let set = own.get(place).map_or(all, |processor| only(*processor));
            if let Err(error) = sched_setaffinity(None, &set) {
                tracing::warn!(%error, "a thread goes wherever the system has it");
            }
        });
    }

    /// How many threads of this process may run at once.
    fn at_once() -> usize {
        available_parallelism().map_or(0, NonZero::get)
    }

    /// The processors that get a worker of their own; none where there are many, or
    /// where this process may not have all of their time, so that they have others
    /// to run.
    fn to_bind(all: &CpuSet, at_once: usize) -> Vec<usize> {
        let processors = processors(all);
        if processors.len() <= FEW.min(at_once) {
            processors
        } else {
            Vec::new()
        }
    }

    fn processors(set: &CpuSet) -> Vec<usize> {
        let every = 0..CpuSet::MAX_CPU;
        every.filter(|processor| set.is_set(*processor)).collect()
    }

    fn only(processor: usize) -> CpuSet {
        let mut set = CpuSet::new();
        set.set(processor);
        set
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use std::sync::{Arc, Barrier};

        #[test]
        fn on_a_small_machine_each_worker_has_a_processor_and_other_threads_have_all() {
            let set = || sched_getaffinity(None).expect("Linux knows it");
            let all = set();
            let is_bound = !to_bind(&all, at_once()).is_empty();
            let runtime = crate::threads::runtime().expect("it starts");
            let workers = runtime.metrics().num_workers();

            let together = Arc::new(Barrier::new(workers));
            let work = |_| {
                let together = Arc::clone(&together);
                runtime.spawn(async move {
                    together.wait();
                    set()
                })
            };
            let tasks: Vec<_> = (0..workers).map(work).collect();
            let mut seen = CpuSet::new();
            for task in tasks {
                let own = processors(&runtime.block_on(task).expect("it ends"));
                assert_eq!(own.len() == 1, is_bound || all.count() == 1, "{own:?}");
                for processor in own {
                    seen.set(processor);
                }
            }
            assert_eq!(seen, all);

            let other = runtime.block_on(runtime.spawn_blocking(set));
            assert_eq!(other.expect("it ends"), all);
        }

        #[test]
        fn with_many_processors_or_a_part_of_their_time_nobody_is_bound() {
            let first = |count| {
                let mut set = CpuSet::new();
                for processor in 0..count {
                    set.set(processor);
                }
                set
            };
            assert_eq!(to_bind(&first(2), 2), [0, 1]);
            assert_eq!(to_bind(&first(FEW), FEW).len(), FEW);
            assert_eq!(to_bind(&first(2), 1), [0_usize; 0]);
            assert_eq!(to_bind(&first(FEW + 1), FEW + 1), [0_usize; 0]);
        }
    }
}
