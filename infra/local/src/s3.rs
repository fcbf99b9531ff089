//! The bucket: S3's operations on single objects, over a directory or over
//! memory.
//!
//! Every object is one file, named by its key. It is written beside its place
//! and moved there, so a process that ends in between leaves the object whole
//! or absent.

use bytes::Bytes;
use http::{Method, Request, Response};
use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

/// The name of the one bucket.
pub(crate) const BUCKET: &str = "portico-uploads";

/// The bucket.
#[derive(Clone, Debug)]
pub struct Bucket(Arc<Place>);

#[derive(Debug)]
enum Place {
    Memory(Mutex<BTreeMap<String, Bytes>>),
    Directory(PathBuf),
}

impl Bucket {
    /// A bucket that ends with the process.
    pub(crate) fn in_memory() -> Self {
        Self(Arc::new(Place::Memory(Mutex::default())))
    }

    /// A bucket in a directory, which is made if there is none.
    pub(crate) fn in_directory(directory: &Path) -> io::Result<Self> {
        fs::create_dir_all(directory)?;
        Ok(Self(Arc::new(Place::Directory(directory.to_owned()))))
    }

    /// How many objects there are.
    pub fn len(&self) -> io::Result<usize> {
        match &*self.0 {
            Place::Memory(objects) => {
                Ok(objects.lock().unwrap_or_else(PoisonError::into_inner).len())
            }
            Place::Directory(directory) => Ok(fs::read_dir(directory)?.count()),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> io::Result<bool> {
        self.len().map(|count| count == 0)
    }

    /// Answers a request of the SDK.
    pub(crate) fn answer(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let Some(name) = name_of(request) else {
            return refusal(400, "InvalidURI");
        };
        let done = match *request.method() {
            Method::PUT => self.put(&name, request.body()).map(|()| answered(200)),
            Method::GET => self.get(&name).map(|found| match found {
                Some(bytes) => Response::new(bytes),
                // No role may list the bucket, and S3 does not tell those what
                // there is not.
                None => refusal(403, "AccessDenied"),
            }),
            Method::DELETE => self.delete(&name).map(|()| answered(204)),
            _ => return refusal(405, "MethodNotAllowed"),
        };
        done.unwrap_or_else(|error| {
            tracing::error!(%error, "a file could not be kept");
            refusal(500, "InternalError")
        })
    }

    fn put(&self, name: &str, bytes: &Bytes) -> io::Result<()> {
        match &*self.0 {
            Place::Memory(objects) => {
                let mut objects = objects.lock().unwrap_or_else(PoisonError::into_inner);
                objects.insert(name.to_owned(), bytes.clone());
                Ok(())
            }
            Place::Directory(directory) => {
                let beside = directory.join(format!("{name}.new"));
                fs::write(&beside, bytes)?;
                fs::rename(beside, directory.join(name))
            }
        }
    }

    fn get(&self, name: &str) -> io::Result<Option<Bytes>> {
        match &*self.0 {
            Place::Memory(objects) => {
                let objects = objects.lock().unwrap_or_else(PoisonError::into_inner);
                Ok(objects.get(name).cloned())
            }
            Place::Directory(directory) => match fs::read(directory.join(name)) {
                Ok(bytes) => Ok(Some(bytes.into())),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(error),
            },
        }
    }

    fn delete(&self, name: &str) -> io::Result<()> {
        match &*self.0 {
            Place::Memory(objects) => {
                let mut objects = objects.lock().unwrap_or_else(PoisonError::into_inner);
                objects.remove(name);
                Ok(())
            }
            Place::Directory(directory) => match fs::remove_file(directory.join(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            },
        }
    }
}

/// What the SDK asks for: `PutObject`, `GetObject` or `DeleteObject`; `None`
/// if the request is for another service.
pub(crate) fn operation(request: &Request<Bytes>) -> Option<&'static str> {
    let signed = request.headers().get("authorization")?.to_str().ok()?;
    // A signature names the service: `…/20261125/local/s3/aws4_request`.
    if !signed.contains("/s3/aws4_request") {
        return None;
    }
    Some(match *request.method() {
        Method::PUT => "PutObject",
        Method::GET => "GetObject",
        Method::DELETE => "DeleteObject",
        _ => "unknown",
    })
}

/// The name of the file: the object's key, with its slashes replaced. The
/// bucket's name stands before the host, or begins the path.
fn name_of(request: &Request<Bytes>) -> Option<String> {
    let path = request.uri().path().trim_start_matches('/');
    let key = path
        .strip_prefix(BUCKET)
        .map_or(path, |key| key.trim_start_matches('/'));
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'-');
    let is_fine = !key.is_empty() && !key.starts_with('.') && key.bytes().all(is_plain);
    is_fine.then(|| key.replace('/', "-"))
}

fn answered(status: u16) -> Response<Bytes> {
    with_status(status, Bytes::new())
}

/// A refusal with this code, in S3's form.
pub(crate) fn refusal(status: u16, code: &str) -> Response<Bytes> {
    let body = format!("<Error><Code>{code}</Code><Message>{code}</Message></Error>");
    with_status(status, body.into())
}

fn with_status(status: u16, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    if let Ok(status) = status.try_into() {
        *response.status_mut() = status;
    }
    response
}
