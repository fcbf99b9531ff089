//! How a workspace looks in its mails.

/// The colour of buttons unless the workspace has its own.
const USUAL_COLOR: &str = "#3f3fb5";

/// How a workspace looks in its mails.
#[derive(Clone, Copy, Debug)]
pub struct Brand<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its logo. Its name stands in where images are off.
    pub logo_url: Option<&'a str>,
    /// Its colour, as `#rrggbb`.
    pub color: Option<&'a str>,
    /// Where answers go; to nobody if it says nothing.
    pub reply_to: Option<&'a str>,
    /// What it calls one of its clients, such as `patient`.
    pub client: &'a str,
    /// What it calls them all.
    pub clients: &'a str,
}

impl Brand<'_> {
    /// The colour of buttons. What is not a colour does not get into a style.
    pub(crate) fn background(&self) -> &str {
        self.color
            .filter(|color| channels(color).is_some())
            .unwrap_or(USUAL_COLOR)
    }

    /// The colour of what stands on them: black or white, whichever has the
    /// higher contrast (WCAG 2.2). One of both always has 4.5 to 1 or more.
    pub(crate) fn ink(&self) -> &'static str {
        let luminance = channels(self.background()).map_or(0.0, luminance);
        let on_white = 1.05 / (luminance + 0.05);
        let on_black = (luminance + 0.05) / 0.05;
        if on_white >= on_black {
            "#ffffff"
        } else {
            "#000000"
        }
    }
}

fn channels(color: &str) -> Option<[u8; 3]> {
    let digits = color.strip_prefix('#')?;
    if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let channel = |place: usize| u8::from_str_radix(&digits[place..place + 2], 16).ok();
    Some([channel(0)?, channel(2)?, channel(4)?])
}

/// The relative luminance of a colour, as WCAG 2.2 defines it.
fn luminance(channels: [u8; 3]) -> f64 {
    let linear = |channel: u8| {
        let share = f64::from(channel) / 255.0;
        if share <= 0.04045 {
            share / 12.92
        } else {
            ((share + 0.055) / 1.055).powf(2.4)
        }
    };
    let [red, green, blue] = channels.map(linear);
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colored(color: &str) -> Brand<'_> {
        Brand {
            name: "Rocket Rides",
            logo_url: None,
            color: Some(color),
            reply_to: None,
            client: "client",
            clients: "clients",
        }
    }

    #[test]
    fn text_on_every_colour_can_be_read() {
        for step in 0..=0xff_u8 {
            for color in [
                format!("#{step:02x}{step:02x}{step:02x}"),
                format!("#ff{step:02x}00"),
                format!("#00{step:02x}ff"),
            ] {
                let ink = colored(&color).ink();
                let of = |color: &str| channels(color).map(luminance).expect("a colour") + 0.05;
                let (one, other) = (of(&color), of(ink));
                let contrast = one.max(other) / one.min(other);
                assert!(contrast >= 4.5, "{ink} on {color}: {contrast}");
            }
        }
    }

    #[test]
    fn what_is_not_a_colour_gets_into_no_style() {
        for color in [
            "red",
            "#fff",
            "#12345",
            "#1234567",
            "#12345g",
            "#ff0000;x:y",
        ] {
            assert_eq!(colored(color).background(), USUAL_COLOR, "{color}");
        }
        assert_eq!(colored("#FF8800").background(), "#FF8800");
    }
}
