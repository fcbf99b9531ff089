//! Files in S3, and the pictures among them.
//!
//! A file is written once, under a name that nobody can guess and that is
//! never used again, so whoever keeps a copy keeps the right one. The table
//! says which files are in use; what is not, is deleted.

pub mod picture;

use aws_sdk_s3::{
    error::{DisplayErrorContext, ProvideErrorMetadata, SdkError},
    operation::get_object::GetObjectError,
    primitives::ByteStream,
};
use aws_types::SdkConfig;
use std::{error::Error as StdError, sync::Arc};

/// The folder of what browsers load; roles are granted this and nothing else.
pub const MEDIA: &str = "media/";

/// The bucket.
#[derive(Clone, Debug)]
pub struct Files {
    client: aws_sdk_s3::Client,
    bucket: Arc<str>,
}

/// A file could not be read, written or deleted.
#[derive(Debug, thiserror::Error)]
#[error("failed to reach the files: {0}")]
pub struct FileError(String);

impl Files {
    /// The bucket of this name, reached with this configuration.
    pub fn new(config: &SdkConfig, bucket: &str) -> Self {
        Self {
            client: aws_sdk_s3::Client::new(config),
            bucket: bucket.into(),
        }
    }

    /// Writes a file.
    pub async fn put(&self, name: &str, media_type: &str, bytes: Vec<u8>) -> Result<(), FileError> {
        self.client
            .put_object()
            .bucket(&*self.bucket)
            .key(format!("{MEDIA}{name}"))
            .content_type(media_type)
            .body(ByteStream::from(bytes))
            .send()
            .await
            .map_err(unreachable)?;
        Ok(())
    }

    /// The bytes of a file; `None` if there is none of this name.
    pub async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, FileError> {
        let sent = self
            .client
            .get_object()
            .bucket(&*self.bucket)
            .key(format!("{MEDIA}{name}"))
            .send()
            .await;
        let answer = match sent {
            Ok(answer) => answer,
            Err(SdkError::ServiceError(error)) if is_none(error.err()) => return Ok(None),
            Err(error) => return Err(unreachable(error)),
        };
        let bytes = answer.body.collect().await.map_err(unreachable)?;
        Ok(Some(bytes.to_vec()))
    }

    /// Deletes a file, if there is one of this name.
    pub async fn delete(&self, name: &str) -> Result<(), FileError> {
        self.client
            .delete_object()
            .bucket(&*self.bucket)
            .key(format!("{MEDIA}{name}"))
            .send()
            .await
            .map_err(unreachable)?;
        Ok(())
    }
}

/// Whether S3 says that there is no such file. To whoever may not list the
/// bucket it says so by refusing.
fn is_none(error: &GetObjectError) -> bool {
    matches!(error, GetObjectError::NoSuchKey(_)) || error.code() == Some("AccessDenied")
}

fn unreachable(error: impl StdError) -> FileError {
    FileError(DisplayErrorContext(error).to_string())
}
