//! What pages say of problems, for persons.

/// What is wrong in a few words.
pub(super) fn heading(code: &str) -> &'static str {
    match code {
        "invitation_expired" => "This invitation has expired",
        "invitation_cancelled" => "This invitation was cancelled",
        "invitation_superseded" => "There is a newer link",
        "invitation_accepted" => "Your account is set up already",
        "link_used" => "This link was used already",
        "link_expired" => "This link has expired",
        "google_unproven" | "google_unknown" | "google_other_address" | "google_other_account" => {
            "This Google account does not open this door"
        }
        "no_new_accounts" => "There are no new accounts at the moment",
        "session_missing" => "You are not signed in",
        "invitation_unknown" => "This link is not valid",
        "route_not_found" => "There is no such page",
        "sign_up_off" => "Nobody signs up here by themselves",
        "google_off" => "Google is not used here",
        _ => "That did not work",
    }
}

/// What a page says instead where the message is for programs, or says no more
/// than the heading.
pub(super) fn sentence(code: &str) -> Option<&'static str> {
    Some(match code {
        "invitation_expired" => {
            "Invitations are good for a limited time. You can have a new link mailed to you."
        }
        "invitation_cancelled" => "If you did not expect that, ask whoever invited you.",
        "invitation_unknown" => {
            "Check that the link was copied whole, or ask whoever sent it for a new one."
        }
        "route_not_found" => "Check the address: nothing is to be found under it.",
        "sign_up_off" => "Ask to be invited; the invitation comes by mail.",
        "google_off" => "Sign in another way.",
        _ => return None,
    })
}
