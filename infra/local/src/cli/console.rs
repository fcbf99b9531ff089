//! What the commands for developers print, in colour where it is read by a
//! person.

use anstyle::{AnsiColor, Style};
use clap::{Args, ValueEnum};
use portico_domain::Time;
use std::{
    env,
    io::{self, IsTerminal},
};

/// How it is printed.
#[derive(Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct Output {
    /// When to colour; automatically it is done on a terminal, unless `NO_COLOR` is set.
    #[arg(long, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    color: Color,
}

#[derive(Clone, Copy, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

/// Where it is printed.
#[derive(Clone, Copy)]
pub(crate) struct Console {
    is_coloured: bool,
}

pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default();
pub(crate) const NAME: Style = AnsiColor::Cyan.on_default();
pub(crate) const STRONG: Style = Style::new().bold();
pub(crate) const FAINT: Style = Style::new().dimmed();

impl Output {
    pub(crate) fn console(&self) -> Console {
        let is_coloured = match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                let is_set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
                let is_dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
                io::stdout().is_terminal() && !is_set("NO_COLOR") && !is_dumb
            }
        };
        Console { is_coloured }
    }
}

impl Console {
    /// The text in this style.
    pub(crate) fn paint(self, style: Style, text: &str) -> String {
        if self.is_coloured {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }
}

/// An instant as people read it, to the second, in UTC.
pub(crate) fn clock(time: Time) -> String {
    let text = time.to_string();
    let part = |range| text.get(range).unwrap_or_default();
    format!("{} {}", part(0..10), part(11..19))
}

/// The first line of what somebody else wrote, without anything that could
/// steer a terminal.
pub(crate) fn harmless(text: &str) -> String {
    harmless_up_to(text, 120)
}

/// The same with at most so many characters.
pub(crate) fn harmless_up_to(text: &str, most: usize) -> String {
    let line = text.lines().find(|line| !line.trim().is_empty());
    let letters = line.unwrap_or_default().trim().chars();
    letters
        .filter(|letter| !letter.is_control())
        .take(most)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_put_around_the_text_or_left_out() {
        let (coloured, plain) = (
            Console { is_coloured: true },
            Console { is_coloured: false },
        );

        assert_eq!(coloured.paint(BAD, "500"), "\u{1b}[31m500\u{1b}[0m");
        assert_eq!(plain.paint(BAD, "500"), "500");
    }

    #[test]
    fn times_are_read_to_the_second() {
        let time = Time::from_unix_millis(1_700_000_000_007);

        assert_eq!(clock(time), "2023-11-14 22:13:20");
    }

    #[test]
    fn what_others_write_cannot_steer_the_terminal() {
        assert_eq!(harmless("\n  no \u{1b}[2Jway\u{7}\nmore"), "no [2Jway");
        assert_eq!(harmless(&"x".repeat(500)).len(), 120);
    }
}
