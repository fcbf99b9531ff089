//! What an installation on this machine consists of, opened.

use crate::{
    embedded,
    mailbox::Mailbox,
    s3::Bucket,
    server::{Data, Options, StartError},
    state::State,
};
use dynoxide::Database;
use portico_domain::{IdSource, Time};
use std::{fs, os::unix::fs::DirBuilderExt};

/// When a server that is driven by hand begins.
pub(crate) fn driven_since() -> Time {
    Time::from_unix_millis(1_800_000_000_000)
}

/// What is opened before anything runs.
pub(crate) struct Parts {
    pub(crate) state: State,
    pub(crate) database: Database,
    pub(crate) mailbox: Mailbox,
    pub(crate) bucket: Bucket,
}

/// Opens an installation, or makes a new one.
pub(crate) fn open(options: &Options) -> Result<Parts, StartError> {
    match &options.data {
        Data::Memory => {
            let (ids, now) = match options.driven_from {
                // Other ids than those of what is driven.
                Some(seed) => (IdSource::repeatable(!seed), driven_since()),
                None => (IdSource::new(), Time::system_now()),
            };
            let state = State::new(&ids, now)?;
            Ok(Parts {
                state,
                database: embedded::in_memory()?,
                mailbox: Mailbox::in_memory(),
                bucket: Bucket::in_memory(),
            })
        }
        Data::Directory(directory) => {
            let unusable = |error| StartError::Directory(directory.clone(), error);
            // Keys, and mail with live links, are for their owner alone.
            let mut make = fs::DirBuilder::new();
            make.recursive(true)
                .mode(0o700)
                .create(directory)
                .map_err(unusable)?;
            let table = directory.join("table.sqlite");
            Ok(Parts {
                state: State::open(directory)?,
                database: embedded::in_file(&table)?,
                mailbox: Mailbox::open(directory.join("mail.jsonl")).map_err(unusable)?,
                bucket: Bucket::in_directory(&directory.join("files")).map_err(unusable)?,
            })
        }
    }
}
