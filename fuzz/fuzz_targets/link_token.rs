//! Any bytes where the token of a link is looked for, and real tokens with a
//! byte changed, added or cut off: nothing panics, and only what was given out
//! is read.

#![no_main]

use libfuzzer_sys::{arbitrary::Arbitrary, fuzz_target};
use portico_domain::{IdSource, Time};
use portico_keys::{InvitationLink, Keyring, RootKey, TicketLink};
use std::sync::LazyLock;

static KEYRING: LazyLock<Keyring> = LazyLock::new(|| {
    let root = RootKey::parse(&"07".repeat(32)).expect("a root key");
    Keyring::new(&root).expect("keys")
});

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    text: &'a str,
    generation: u32,
    place: usize,
    with: char,
    is_cut: bool,
}

fuzz_target!(|input: Input<'_>| {
    assert_eq!(KEYRING.read_invitation_token(input.text), None);
    assert_eq!(KEYRING.read_ticket_token(input.text), None);

    let (ids, now) = (IdSource::repeatable(7), Time::from_unix_millis(0));
    let invitation = InvitationLink {
        workspace_id: ids.next(now),
        invitation_id: ids.next(now),
        generation: input.generation,
    };
    let ticket = TicketLink {
        workspace_id: invitation.workspace_id,
        ticket_id: ids.next(now),
    };
    let token = KEYRING.invitation_token(invitation);
    assert_eq!(KEYRING.read_invitation_token(token.expose()), Some(invitation));
    assert_eq!(KEYRING.read_ticket_token(token.expose()), None);
    let changed = change(token.expose(), &input);
    if changed != token.expose() {
        assert_eq!(KEYRING.read_invitation_token(&changed), None);
    }

    let token = KEYRING.ticket_token(ticket);
    assert_eq!(KEYRING.read_ticket_token(token.expose()), Some(ticket));
    assert_eq!(KEYRING.read_invitation_token(token.expose()), None);
    let changed = change(token.expose(), &input);
    if changed != token.expose() {
        assert_eq!(KEYRING.read_ticket_token(&changed), None);
    }
});

fn change(token: &str, input: &Input<'_>) -> String {
    let place = input.place % token.len();
    let (head, tail) = token.split_at(place);
    if input.is_cut {
        head.to_owned()
    } else {
        let kept = if input.generation % 2 == 0 { 1 } else { 0 };
        format!("{head}{}{}", input.with, &tail[kept..])
    }
}
