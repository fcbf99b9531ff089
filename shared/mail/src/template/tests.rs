//! Every mail as it is sent. Its two parts are looked at when they change.

use super::*;
use portico_domain::RequestStatus;

const BRAND: Brand<'_> = Brand {
    name: "Rocket & Sons",
    logo_url: Some("https://rocket.example/logo.png"),
    color: Some("#ffd200"),
    reply_to: Some("hello@rocket.example"),
    client: "rider",
    clients: "riders",
};
const PLAIN: Brand<'_> = Brand {
    name: "Rocket & Sons",
    logo_url: None,
    color: None,
    reply_to: None,
    client: "client",
    clients: "clients",
};
const URL: &str = "https://portal.example.com/i/token";
const EXPIRES: &str = "28 November 2026, 10:00 UTC";

fn invitation(inviter: Inviter<'static>) -> Invitation<'static> {
    Invitation {
        brand: PLAIN,
        to: "ada@example.com",
        given_name: "Ada <script>",
        inviter,
        is_reminder: false,
        url: URL,
        expires: EXPIRES,
    }
}

fn account(purpose: LinkPurpose) -> AccountLink<'static> {
    AccountLink {
        brand: PLAIN,
        to: "ada@example.com",
        given_name: "Ada",
        purpose,
        url: "https://portal.example.com/ticket/token",
        expires: EXPIRES,
    }
}

fn request_made(is_cancelled: bool) -> RequestMade<'static> {
    RequestMade {
        brand: BRAND,
        to: "mary@rocket.example",
        given_name: "Mary",
        client: "Ada Lovelace",
        company: (!is_cancelled).then_some("Engines & Sons"),
        service: "Tax return",
        title: "The year <2025>",
        details: (!is_cancelled).then_some("All receipts are in the folder.\n\nBy June, please."),
        request_id: "01890000-0000-7000-8000-0000000000c6",
        is_cancelled,
    }
}

/// Every mail there is.
fn all() -> Vec<(&'static str, Written)> {
    let mails = [
        ("invitation", invitation(Inviter::Business).write()),
        (
            "reminder",
            Invitation {
                is_reminder: true,
                brand: BRAND,
                ..invitation(Inviter::Business)
            }
            .write(),
        ),
        (
            "colleague",
            invitation(Inviter::Colleague("Grace Hopper")).write(),
        ),
        ("team", invitation(Inviter::Team).write()),
        ("reset", account(LinkPurpose::ResetPassword).write()),
        ("sign_in", account(LinkPurpose::SignIn).write()),
        ("verify", account(LinkPurpose::VerifyEmail).write()),
        ("change_email", account(LinkPurpose::ChangeEmail).write()),
        (
            "password_changed",
            PasswordChanged {
                brand: BRAND,
                to: "ada@example.com",
                given_name: "Ada",
                at: EXPIRES,
            }
            .write(),
        ),
        (
            "address_changed",
            AddressChanged {
                brand: BRAND,
                to: "old@example.com",
                given_name: "Ada",
                at: EXPIRES,
            }
            .write(),
        ),
        (
            "endpoint_disabled",
            EndpointDisabled {
                brand: PLAIN,
                to: "ops@example.com",
                url: "https://example.com/hooks",
                description: "Our \"CRM\"",
                since: EXPIRES,
                reason: "the endpoint answered that it is gone",
                endpoint_id: "01890000-0000-7000-8000-00000000000e",
                base_url: "https://portal.example.com",
            }
            .write(),
        ),
        ("new_request", request_made(false).write()),
        ("cancelled_request", request_made(true).write()),
        (
            "request_moved",
            RequestMoved {
                brand: BRAND,
                to: "ada@example.com",
                given_name: "Ada",
                service: "Tax return",
                title: "The year <2025>",
                status: RequestStatus::Done,
                note: Some("Filed today."),
            }
            .write(),
        ),
    ];
    mails
        .into_iter()
        .map(|(name, mail)| (name, mail.expect("it can be written")))
        .collect()
}

#[test]
fn every_mail_is_as_it_was_looked_at() {
    for (name, mail) in all() {
        let Written {
            from_name,
            to,
            reply_to,
            subject,
            text,
            html,
        } = mail;
        let head = format!("{from_name} to {to}, answers to {reply_to:?}: {subject}");
        insta::assert_snapshot!(name, format!("{head}\n\n{text}\n{html}"));
    }
}

#[test]
fn no_mail_needs_an_image_a_style_sheet_or_a_script() {
    for (name, Written { html, .. }) in all() {
        assert!(!html.contains("<script"), "{name}: {html}");
        assert!(
            !html.contains("<link") && !html.contains("<style"),
            "{name}"
        );
        for image in html.split("<img").skip(1) {
            let tag = image.split('>').next().unwrap_or_default();
            assert!(tag.contains("alt=\"Rocket &#38; Sons\""), "{name}: {tag}");
        }
    }
}

#[test]
fn both_parts_of_a_mail_say_the_same() {
    for (name, Written { text, html, .. }) in all() {
        let bare = unescaped(&html);
        for line in text.lines().filter(|line| line.len() > 3) {
            let line = line.trim_end_matches(':');
            assert!(bare.contains(line), "{name}: {line}");
        }
    }
}

fn unescaped(html: &str) -> String {
    html.replace("&#38;", "&")
        .replace("&#60;", "<")
        .replace("&#62;", ">")
        .replace("&#34;", "\"")
        .replace("&#39;", "'")
}
