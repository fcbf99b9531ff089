//! Pictures as they are kept: small, upright, and without anything that their
//! makers did not mean to show.
//!
//! What comes in is from anybody. Its size is looked at before it is decoded,
//! it is decoded within bounds, and what is kept is written anew: no
//! metadata, such as where a photograph was taken, and no bytes that are not
//! pixels, comes through.

use image::{
    DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits,
    codecs::{jpeg::JpegEncoder, png::PngEncoder},
    imageops::FilterType,
    metadata::Orientation,
};
use std::io::Cursor;

/// How many pixels a picture that comes in has at most: phones make 12 million
/// unless they are told otherwise, and 24 million if they are newer.
pub const MAX_PIXELS: u64 = 25_000_000;
/// How many it has in each direction at most.
pub const MAX_SIDE: u32 = 8_192;
/// How many a picture that is kept has. Portals show it at 128, screens with
/// two dots for a pixel at 256.
pub const KEPT_SIDE: u32 = 512;
/// What decoding may take: 8 bytes for each pixel, as drawings with 16 bits a
/// channel need. Photographs need 3, and 6 more while a progressive one is put
/// together.
const MAX_ALLOCATION: u64 = MAX_PIXELS * 8;
/// Above this, files grow faster than what can be seen of it.
const JPEG_QUALITY: u8 = 85;

/// A picture that is ready to be kept.
#[derive(Debug)]
pub struct Picture {
    /// In which form.
    pub kind: Kind,
    /// The file.
    pub bytes: Vec<u8>,
}

/// The form of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// For photographs.
    Jpeg,
    /// For drawings, and where something shows through.
    Png,
}

/// Why a picture cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// It is something else, whatever it calls itself.
    #[error("the body is neither a JPG nor a PNG picture")]
    OtherKind,
    /// It is too large to be decoded.
    #[error(
        "the picture has {0} × {1} pixels; the limit is {MAX_PIXELS} in all and {MAX_SIDE} in each direction"
    )]
    TooLarge(u32, u32),
    /// It is damaged.
    #[error("the picture cannot be read: {0}")]
    Damaged(String),
}

impl Kind {
    /// Every form.
    pub const ALL: [Self; 2] = [Self::Jpeg, Self::Png];

    /// How names of such files end.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
        }
    }

    /// What such files are called in answers.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }
}

impl Picture {
    /// Makes what is kept of a picture that came in.
    pub fn read(bytes: &[u8]) -> Result<Self, PictureError> {
        let (kind, format) = match image::guess_format(bytes) {
            Ok(ImageFormat::Jpeg) => (Kind::Jpeg, ImageFormat::Jpeg),
            Ok(ImageFormat::Png) => (Kind::Png, ImageFormat::Png),
            _ => return Err(PictureError::OtherKind),
        };
        let (picture, orientation) = decode(bytes, format)?;
        let mut small = if picture.width().max(picture.height()) > KEPT_SIDE {
            picture.resize(KEPT_SIDE, KEPT_SIDE, FilterType::Triangle)
        } else {
            picture
        };
        // Turned when it is small: turning takes as much memory again.
        small.apply_orientation(orientation);
        let bytes = encode(&small, kind).map_err(|error| damaged(&error))?;
        Ok(Self { kind, bytes })
    }
}

fn decode(bytes: &[u8], format: ImageFormat) -> Result<(DynamicImage, Orientation), PictureError> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_ALLOCATION);
    reader.limits(limits);
    // Only the header has been read here.
    let mut decoder = reader.into_decoder().map_err(|error| damaged(&error))?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if width > MAX_SIDE || height > MAX_SIDE || pixels > MAX_PIXELS {
        return Err(PictureError::TooLarge(width, height));
    }
    let orientation = decoder.orientation().map_err(|error| damaged(&error))?;
    let picture = DynamicImage::from_decoder(decoder).map_err(|error| damaged(&error))?;
    Ok((picture, orientation))
}

fn encode(picture: &DynamicImage, kind: Kind) -> Result<Vec<u8>, ImageError> {
    let mut bytes = Vec::new();
    match kind {
        Kind::Jpeg => DynamicImage::from(picture.to_rgb8())
            .write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY))?,
        Kind::Png => {
            DynamicImage::from(picture.to_rgba8())
                .write_with_encoder(PngEncoder::new(&mut bytes))?;
        }
    }
    Ok(bytes)
}

fn damaged(error: &ImageError) -> PictureError {
    PictureError::Damaged(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Rgb, RgbImage, Rgba, RgbaImage};

    fn file(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).expect("it is written");
        bytes.into_inner()
    }

    fn photograph(width: u32, height: u32) -> Vec<u8> {
        let pixels = RgbImage::from_pixel(width, height, Rgb([200, 30, 30]));
        file(&pixels.into(), ImageFormat::Jpeg)
    }

    fn size(picture: &Picture) -> (u32, u32) {
        let read = image::load_from_memory(&picture.bytes).expect("it is a picture");
        (read.width(), read.height())
    }

    /// A segment of a JPEG file, right behind its beginning.
    fn with_segment(photograph: &[u8], marker: u8, content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(content.len() + 2).expect("it is short");
        let mut bytes = photograph[..2].to_vec();
        bytes.extend([0xff, marker]);
        bytes.extend(length.to_be_bytes());
        bytes.extend(content);
        bytes.extend(&photograph[2..]);
        bytes
    }

    #[test]
    fn a_large_picture_is_made_small_and_keeps_its_shape() {
        let kept = Picture::read(&photograph(1_024, 256)).expect("it is fine");

        assert_eq!(kept.kind, Kind::Jpeg);
        assert_eq!(size(&kept), (512, 128));
    }

    #[test]
    fn a_drawing_stays_one_and_things_still_show_through() {
        let pixels = RgbaImage::from_pixel(10, 20, Rgba([0, 0, 0, 0]));
        let kept = Picture::read(&file(&pixels.into(), ImageFormat::Png)).expect("it is fine");

        assert_eq!(kept.kind, Kind::Png);
        assert_eq!(size(&kept), (10, 20));
        let read = image::load_from_memory(&kept.bytes).expect("it is a picture");
        assert_eq!(read.to_rgba8().get_pixel(0, 0).0[3], 0);
    }

    #[test]
    fn nothing_but_pixels_comes_through() {
        let secret = b"the place where it was taken";
        let mut bytes = with_segment(&photograph(16, 16), 0xfe, secret);
        bytes.extend(b"<script>alert(1)</script>");

        let kept = Picture::read(&bytes).expect("it is fine");

        let has = |text: &[u8]| kept.bytes.windows(text.len()).any(|window| window == text);
        assert!(!has(secret) && !has(b"<script>"));
    }

    #[test]
    fn a_photograph_that_says_it_lies_on_its_side_is_stood_up() {
        // One entry: orientation (0x0112), a short, 6: a quarter turn.
        let exif = [
            b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0".as_slice(),
            &[0; 4],
        ]
        .concat();

        let kept = Picture::read(&with_segment(&photograph(40, 20), 0xe1, &exif));

        assert_eq!(size(&kept.expect("it is fine")), (20, 40));
    }

    #[test]
    fn what_is_no_picture_is_refused_whatever_it_calls_itself() {
        for bytes in [
            b"".as_slice(),
            b"GIF89a",
            b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>",
        ] {
            assert!(matches!(Picture::read(bytes), Err(PictureError::OtherKind)));
        }
        let half = &photograph(100, 100)[..60];
        assert!(matches!(Picture::read(half), Err(PictureError::Damaged(_))));
    }

    #[test]
    fn what_a_phone_makes_is_taken_and_more_pixels_are_not() {
        let kept = Picture::read(&photograph(5_712, 4_284)).expect("24 million pixels");
        assert_eq!(size(&kept), (512, 384));

        for (width, height) in [(5_001, 5_000), (8_193, 1)] {
            let refused = Picture::read(&photograph(width, height));
            assert!(matches!(refused, Err(PictureError::TooLarge(..))));
        }
    }

    #[test]
    fn a_picture_that_would_unpack_to_gigabytes_is_refused_by_its_header() {
        let mut bytes = file(&RgbImage::new(1, 1).into(), ImageFormat::Png);
        // Width and height stand in the first chunk; its checksum follows.
        bytes[16..20].copy_from_slice(&60_000u32.to_be_bytes());
        bytes[20..24].copy_from_slice(&60_000u32.to_be_bytes());
        let checksum = crc32(&bytes[12..29]);
        bytes[29..33].copy_from_slice(&checksum.to_be_bytes());

        let refused = Picture::read(&bytes);

        assert!(
            matches!(refused, Err(PictureError::TooLarge(60_000, 60_000))),
            "{refused:?}"
        );
    }

    /// The checksum of PNG chunks (ISO 3309), bit by bit.
    fn crc32(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(u32::MAX, |sum, byte| {
            (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
                if sum & 1 == 1 {
                    (sum >> 1) ^ 0xedb8_8320
                } else {
                    sum >> 1
                }
            })
        })
    }
}
