//! The database of the embedded table.
//!
//! For the number of each new stream record it looks for the highest one so
//! far, among all that have ever been. Without an index of them every write
//! takes longer the more has been written before.

use dynoxide::Database;
use rusqlite::Connection;
use std::path::Path;

const INDEX: &str = "CREATE INDEX IF NOT EXISTS portico_stream_order \
    ON _stream_records (table_name, CAST(sequence_number AS INTEGER))";

/// The database cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// Not by the embedded table.
    #[error(transparent)]
    Table(#[from] dynoxide::DynoxideError),
    /// Not for its index.
    #[error(transparent)]
    Index(#[from] rusqlite::Error),
    /// There is no room to prepare one in memory.
    #[error("failed to make a temporary directory")]
    Directory(#[from] std::io::Error),
}

/// A database in this file.
pub(crate) fn in_file(path: &Path) -> Result<Database, EmbeddedError> {
    let database = Database::new(&path.to_string_lossy())?;
    Connection::open(path)?.execute_batch(INDEX)?;
    Ok(database)
}

/// A database that ends with the process. Nobody else can open that, so it
/// begins as a copy of an empty file.
pub(crate) fn in_memory() -> Result<Database, EmbeddedError> {
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("table.sqlite");
    drop(in_file(&path)?);
    let database = Database::memory()?;
    database.restore_from(&path.to_string_lossy())?;
    Ok(database)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_a_stream_record_is_found_by_the_index() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("table.sqlite");
        let _database = in_file(&path).expect("it opens");

        let plan: String = Connection::open(&path)
            .and_then(|file| {
                file.query_row(
                    "EXPLAIN QUERY PLAN SELECT COALESCE(MAX(CAST(sequence_number AS INTEGER)), 0) + 1 \
                     FROM _stream_records WHERE table_name = 'portico'",
                    [],
                    |row| row.get(3),
                )
            })
            .expect("a plan");

        assert!(plan.contains("portico_stream_order"), "{plan}");
    }
}
