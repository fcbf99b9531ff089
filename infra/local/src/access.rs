//! How the commands for developers find the key of a server on this machine.
//!
//! A running server leaves a file, which only its owner can read, in a folder
//! of the user's: `$XDG_RUNTIME_DIR/portico`, or `~/.cache/portico` where there
//! is none. The file is named after the server's address, so several servers
//! do not meet, and a key is only ever sent to the address that it was left
//! for. It goes when the server ends. One that was killed leaves its file: the
//! next server at the address replaces it, and any next server removes it.

use crate::state::write_private;
use serde::{Deserialize, Serialize};
use std::{
    env, fs, io,
    net::{SocketAddr, TcpStream},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    time::Duration,
};

/// What is needed to talk to a server on this machine.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Access {
    /// Where it is, without a slash at the end.
    pub url: String,
    /// A key of its first workspace.
    pub api_key: String,
}

/// The file of a running server; it is removed when this is dropped.
#[derive(Debug)]
pub struct AccessFile(PathBuf);

impl Drop for AccessFile {
    fn drop(&mut self) {
        // It may be gone already, and nobody could do anything about it.
        let _ = fs::remove_file(&self.0);
    }
}

impl Access {
    /// Leaves the file for the server that answers now.
    pub fn publish(&self) -> io::Result<AccessFile> {
        let folder =
            folder().ok_or_else(|| io::Error::other("neither XDG_RUNTIME_DIR nor HOME is set"))?;
        let mut make = fs::DirBuilder::new();
        make.recursive(true).mode(0o700).create(&folder)?;
        remove_ended(&folder);
        let file = folder.join(file_name(&self.url));
        let new = file.with_extension("new");
        write_private(&new, &serde_json::to_vec(self)?)?;
        fs::rename(&new, &file)?;
        Ok(AccessFile(file))
    }

    /// What the server at this address has left.
    pub fn find(url: &str) -> Option<Self> {
        let url = &url.replacen("//localhost:", "//127.0.0.1:", 1);
        read(&folder()?.join(file_name(url))).filter(|access| access.url == *url)
    }

    /// Where servers of this user run that answer.
    pub fn running() -> Vec<String> {
        let Some(folder) = folder() else {
            return Vec::new();
        };
        let mut urls: Vec<String> = files(&folder)
            .filter_map(|file| read(&file))
            .filter(|access| answers(&access.url))
            .map(|access| access.url)
            .collect();
        urls.sort();
        urls
    }
}

fn folder() -> Option<PathBuf> {
    let set = |name: &str| {
        env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let below = set("XDG_RUNTIME_DIR").or_else(|| Some(set("HOME")?.join(".cache")))?;
    Some(below.join("portico"))
}

fn file_name(url: &str) -> String {
    let plain = |letter: char| {
        if letter.is_ascii_alphanumeric() || letter == '.' {
            letter
        } else {
            '-'
        }
    };
    let address: String = url
        .trim_start_matches("http://")
        .chars()
        .map(plain)
        .collect();
    format!("{address}.json")
}

fn files(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| {
        path.extension()
            .is_some_and(|extension| extension == "json")
    })
}

fn read(file: &Path) -> Option<Access> {
    serde_json::from_slice(&fs::read(file).ok()?).ok()
}

fn remove_ended(folder: &Path) {
    for file in files(folder) {
        if read(&file).is_some_and(|access| !answers(&access.url)) {
            let _ = fs::remove_file(file);
        }
    }
}

/// Whether anything listens there.
fn answers(url: &str) -> bool {
    let address: Option<SocketAddr> = url.trim_start_matches("http://").parse().ok();
    address.is_some_and(|address| {
        TcpStream::connect_timeout(&address, Duration::from_millis(200)).is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_has_a_file_name_of_its_own() {
        assert_eq!(file_name("http://127.0.0.1:7400"), "127.0.0.1-7400.json");
        assert_eq!(file_name("http://[::1]:7400"), "---1--7400.json");
        assert_eq!(file_name("https://../../x"), "https---..-..-x.json");
    }
}
