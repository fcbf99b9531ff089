//! Colours: those behind initials, and the workspace's own, made legible.

use crate::id::Id;

/// Dark enough for white text on them: each has a contrast of at least 4.5 to
/// white (WCAG 2.2, success criterion 1.4.3).
const PALETTE: [&str; 8] = [
    "#5B5BD6", "#3B7A57", "#A34A28", "#8A4B9E", "#2F6F8F", "#9C3D54", "#6B6B1F", "#4A5A6A",
];
/// The least contrast of text (WCAG 2.2, success criterion 1.4.3).
const LEGIBLE: f64 = 4.5;
/// What pages without a colour of their own use.
const USUAL: Rgb = Rgb([0x3f, 0x3f, 0xb5]);
/// The backgrounds that the accent is read on; each page has one of them, by
/// the wish of the reader.
const LIGHT: Rgb = Rgb([0xf4, 0xf4, 0xf6]);
const DARK: Rgb = Rgb([0x1f, 0x1f, 0x27]);

/// The colour that is always the same for this thing.
pub(crate) fn of<K>(id: Id<K>) -> String {
    PALETTE[id.shard(PALETTE.len())].to_owned()
}

/// A colour of the workspace's choice with everything that a page needs to
/// stay legible with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accent {
    /// The colour itself: behind the text of buttons.
    pub fill: String,
    /// The text on it: black or white, whichever is easier to read. One of
    /// them always has a contrast of 4.58 or more.
    pub on_fill: &'static str,
    /// As text and outline on light pages: the colour, darker where needed.
    pub on_light: String,
    /// As text and outline on dark pages: the colour, lighter where needed.
    pub on_dark: String,
}

impl Accent {
    /// The accent of this colour, written `#RRGGBB`; of the usual one if there
    /// is none, or if it is written in another way.
    pub fn of(color: Option<&str>) -> Self {
        let color = color.and_then(Rgb::parse).unwrap_or(USUAL);
        let (black, white) = (Rgb([0; 3]), Rgb([255; 3]));
        Self {
            fill: color.text(),
            on_fill: if color.contrast(white) >= color.contrast(black) {
                "#ffffff"
            } else {
                "#000000"
            },
            on_light: color.towards(black, LIGHT).text(),
            on_dark: color.towards(white, DARK).text(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rgb([u8; 3]);

impl Rgb {
    fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6)?;
        let number = u32::from_str_radix(digits, 16).ok()?;
        let [_, red, green, blue] = number.to_be_bytes();
        Some(Self([red, green, blue]))
    }

    fn text(self) -> String {
        let [red, green, blue] = self.0;
        format!("#{red:02x}{green:02x}{blue:02x}")
    }

    /// The relative luminance of WCAG 2.2.
    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.040_45 {
                part / 12.92
            } else {
                ((part + 0.055) / 1.055).powf(2.4)
            }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// The contrast ratio of WCAG 2.2, from 1 to 21.
    fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance() + 0.05, other.luminance() + 0.05);
        one.max(two) / one.min(two)
    }

    /// The first shade on the way to `end` that is legible on `background`.
    fn towards(self, end: Self, background: Self) -> Self {
        let shade = |step: u32| {
            let mut mixed = self.0;
            for (part, end) in mixed.iter_mut().zip(end.0) {
                let sum = u32::from(*part) * (20 - step) + u32::from(end) * step;
                *part = u8::try_from(sum / 20).unwrap_or(u8::MAX);
            }
            Self(mixed)
        };
        let mut shades = (0..=20).map(shade);
        shades
            .find(|shade| shade.contrast(background) >= LEGIBLE)
            .unwrap_or(end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_colour_is_made_legible(red: u8, green: u8, blue: u8) {
            let accent = Accent::of(Some(&Rgb([red, green, blue]).text()));
            let parse = |text: &str| Rgb::parse(text).expect("a colour");

            prop_assert!(parse(&accent.fill).contrast(parse(accent.on_fill)) >= LEGIBLE);
            prop_assert!(parse(&accent.on_light).contrast(LIGHT) >= LEGIBLE);
            prop_assert!(parse(&accent.on_dark).contrast(DARK) >= LEGIBLE);
        }
    }

    #[test]
    fn a_legible_colour_stays_what_it_is() {
        let accent = Accent::of(Some("#3F3FB5"));

        assert_eq!(
            (accent.fill.as_str(), accent.on_fill),
            ("#3f3fb5", "#ffffff")
        );
        assert_eq!(accent.on_light, "#3f3fb5");
    }

    #[test]
    fn what_is_no_colour_is_the_usual_one() {
        for text in ["", "red", "#fff", "#12345g", "12345678", "#3f3fb5;x"] {
            assert_eq!(Accent::of(Some(text)), Accent::of(None), "{text}");
        }
    }

    #[test]
    fn white_text_is_legible_on_every_colour_of_the_palette() {
        for color in PALETTE {
            let color = Rgb::parse(color).expect("a colour");
            assert!(color.contrast(Rgb([255; 3])) >= LEGIBLE);
        }
    }
}
