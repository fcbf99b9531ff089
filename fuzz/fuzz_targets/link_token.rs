//! Any bytes where the token of a link is looked for, and real tokens with a
//! byte changed, added or cut off: nothing panics, and only what was given out
//! is read.

#![no_main]

use libfuzzer_sys::fuzz_target;
use portico_domain::{IdSource, Time};
use portico_keys::{InvitationLink, Keyring, RootKey, TicketLink};
use std::sync::LazyLock;

static KEYRING: LazyLock<Keyring> = LazyLock::new(|| {
    let root = RootKey::parse(&"07".repeat(32)).expect("a root key");
    Keyring::new(&root).expect("keys")
});

/// A text, a generation, and what is done to a real token: where, with which
/// letter, and whether it ends there.
type Input<'a> = (&'a str, u32, usize, char, bool);

fuzz_target!(|input: Input<'_>| {
    let (text, generation, ..) = input;
    assert_eq!(KEYRING.read_invitation_token(text), None);
    assert_eq!(KEYRING.read_ticket_token(text), None);

    let (ids, now) = (IdSource::repeatable(7), Time::from_unix_millis(0));
    let invitation = InvitationLink {
        workspace_id: ids.next(now),
        invitation_id: ids.next(now),
        generation,
    };
    let ticket = TicketLink {
        workspace_id: invitation.workspace_id,
        ticket_id: ids.next(now),
    };
    let token = KEYRING.invitation_token(invitation);
    assert_eq!(KEYRING.read_invitation_token(token.expose()), Some(invitation));
    assert_eq!(KEYRING.read_ticket_token(token.expose()), None);
    let changed = change(token.expose(), input);
    if changed != token.expose() {
        assert_eq!(KEYRING.read_invitation_token(&changed), None);
    }

    let token = KEYRING.ticket_token(ticket);
    assert_eq!(KEYRING.read_ticket_token(token.expose()), Some(ticket));
    assert_eq!(KEYRING.read_invitation_token(token.expose()), None);
    let changed = change(token.expose(), input);
    if changed != token.expose() {
        assert_eq!(KEYRING.read_ticket_token(&changed), None);
    }
});

fn change(token: &str, (_, generation, place, letter, is_cut): Input<'_>) -> String {
    let (head, tail) = token.split_at(place % token.len());
    if is_cut {
        return head.to_owned();
    }
    let replaced = usize::from(generation % 2 == 0);
    format!("{head}{letter}{}", &tail[replaced..])
}
