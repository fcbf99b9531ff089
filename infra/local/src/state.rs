//! What an installation on this machine keeps beside its table: its root key,
//! its first workspace with the admin's API key, and how far its clock has
//! been moved.

use portico_domain::{ApiKeyId, IdSource, InternalUserId, Time, WorkspaceId};
use portico_keys::{NoRandomness, RootKey, new_api_key};
use serde::{Deserialize, Serialize};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The state of an installation.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct State {
    pub(crate) root_key: String,
    pub(crate) workspace_id: WorkspaceId,
    pub(crate) admin_id: InternalUserId,
    pub(crate) api_key_id: ApiKeyId,
    pub(crate) api_key: String,
    pub(crate) api_key_hash: String,
    pub(crate) created_at: Time,
    #[serde(default)]
    pub(crate) clock_moved_by: i64,
    #[serde(default)]
    pub(crate) is_seeded: bool,
    #[serde(skip)]
    file: Option<PathBuf>,
}

/// The state cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The file cannot be read or written.
    #[error("failed to keep the state in {0}")]
    File(PathBuf, #[source] io::Error),
    /// The file holds something else.
    #[error("failed to understand the state in {0}; move it away to start anew")]
    Json(PathBuf, #[source] serde_json::Error),
    /// The system has no randomness.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

impl State {
    /// The state of a new installation that is kept nowhere.
    pub(crate) fn new(ids: &IdSource, now: Time) -> Result<Self, StateError> {
        let (workspace_id, admin_id, api_key_id) = (ids.next(now), ids.next(now), ids.next(now));
        let key = new_api_key(workspace_id, admin_id, api_key_id)?;
        Ok(Self {
            root_key: RootKey::generate()?.to_text().expose().to_owned(),
            workspace_id,
            admin_id,
            api_key_id,
            api_key: key.text.expose().to_owned(),
            api_key_hash: key.hash,
            created_at: now,
            clock_moved_by: 0,
            is_seeded: false,
            file: None,
        })
    }

    /// The state kept in a directory, or that of a new installation there.
    pub(crate) fn open(directory: &Path) -> Result<Self, StateError> {
        let file = directory.join("portico.json");
        match fs::read(&file) {
            Ok(text) => {
                let mut state: Self = serde_json::from_slice(&text)
                    .map_err(|error| StateError::Json(file.clone(), error))?;
                state.file = Some(file);
                Ok(state)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let mut state = Self::new(&IdSource::new(), Time::system_now())?;
                state.file = Some(file);
                state.save()?;
                Ok(state)
            }
            Err(error) => Err(StateError::File(file, error)),
        }
    }

    /// Keeps the state, whole or not at all.
    pub(crate) fn save(&self) -> Result<(), StateError> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        let text = serde_json::to_vec_pretty(self)
            .map_err(|error| StateError::Json(file.clone(), error))?;
        let new = file.with_extension("new");
        write_private(&new, &text)
            .and_then(|()| fs::rename(&new, file))
            .map_err(|error| StateError::File(file.clone(), error))
    }
}

/// Writes a file that only its owner can read: it holds keys.
pub(crate) fn write_private(path: &Path, text: &[u8]) -> io::Result<()> {
    use std::{io::Write, os::unix::fs::OpenOptionsExt};
    let mut options = fs::OpenOptions::new();
    let mut file = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(text)?;
    file.sync_all()
}
