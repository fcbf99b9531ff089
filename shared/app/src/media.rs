//! Pictures that callers hand over: kept as files, loaded by browsers without a
//! key.

use crate::App;
use portico_domain::Picture;
use portico_files::{FileError, picture, picture::PictureError};
use portico_keys::{NoRandomness, random};

/// A picture was not kept.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// It is not one that can be kept.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// It could not be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// Its name could not be made.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

impl App {
    /// Keeps a picture under a new name. Nothing leads to it until somebody
    /// writes its address down, so one that is forgotten right here harms
    /// nobody.
    pub async fn keep_picture(&self, bytes: &[u8]) -> Result<Picture, MediaError> {
        let read = picture::Picture::read(bytes)?;
        // 160 bits: whoever has the address may see the picture.
        let name = random::<20>()?.map(|byte| format!("{byte:02x}")).concat();
        let file = format!("{name}.{}", read.kind.extension());
        let media_type = read.kind.media_type();
        self.files.put(&file, media_type, read.bytes).await?;
        Ok(Picture {
            url: format!("{}/media/{file}", self.base_url),
            file: Some(file),
        })
    }

    /// Deletes a picture that was kept for a change that did not come about.
    pub async fn discard_picture(&self, picture: &Picture) {
        if let Some(file) = &picture.file
            && let Err(error) = self.files.delete(file).await
        {
            tracing::warn!(
                ?error,
                "a picture that nothing leads to could not be deleted"
            );
        }
    }
}
