//! What is told to whoever is not let in, or not yet: signing in and up.

use super::{Problem, SESSION_MISSING, seconds};
use std::time::Duration;

const FORM_REFUSED: &str = "form_refused";

impl Problem {
    /// The caller is not signed in.
    pub fn session_missing() -> Self {
        Self::new(401, SESSION_MISSING, "sign in to the portal first")
    }

    /// A team member is signed in where only clients have anything.
    pub fn clients_only() -> Self {
        Self::new(
            403,
            "client_required",
            "this is for clients; whoever is of the team is signed in to the routes below /v1",
        )
    }

    /// An access token is not, or no longer, good.
    pub fn session_over() -> Self {
        Self::new(
            401,
            "session_over",
            "this access token is not good, or its session has ended; refresh it or sign in again",
        )
    }

    /// The address or the password is wrong; which of them, nobody is told.
    pub fn sign_in_refused() -> Self {
        Self::new(
            401,
            "sign_in_refused",
            "this e-mail address and password do not go together here",
        )
    }

    /// The refresh token is not, or no longer, good.
    pub fn refresh_refused() -> Self {
        Self::new(
            401,
            "refresh_refused",
            "this session has ended; sign in again",
        )
    }

    /// A form came without the cookie that was set with its page. Cookies end
    /// when a form is too old, and some browsers take none.
    pub fn form_without_cookie() -> Self {
        Self::new(
            403,
            FORM_REFUSED,
            "this form is too old, or your browser takes no cookies from this site; they are needed, so allow them, open the page again and repeat it",
        )
    }

    /// A form was not sent from our own page, or is too old.
    pub fn form_refused() -> Self {
        Self::new(
            403,
            FORM_REFUSED,
            "this form is too old or was not sent from our own page; open the page again and repeat it",
        )
    }

    /// Nobody signs up by themselves in this workspace.
    pub fn sign_up_off() -> Self {
        Self::new(
            404,
            "sign_up_off",
            "nobody can sign up here by themselves; ask to be invited",
        )
    }

    /// There is no room for another account. How many there may be is between
    /// the business and whoever runs Portico for it.
    pub(crate) fn no_new_accounts(business: &str) -> Self {
        let message = format!(
            "no new accounts can be set up here at the moment; ask {business}, or sign in if you have one already"
        );
        Self::new(403, "no_new_accounts", message)
    }

    /// Clients do not invite each other in this workspace.
    pub fn client_invites_off() -> Self {
        Self::new(
            403,
            "client_invites_off",
            "clients cannot invite colleagues here; ask the business to",
        )
    }

    /// Google is not set up in this installation.
    pub fn google_off() -> Self {
        Self::new(
            404,
            "google_off",
            "nobody signs in with Google here; sign in another way",
        )
    }

    /// Somebody comes back from Google who was not sent there, or long ago.
    pub fn google_over() -> Self {
        Self::new(
            400,
            "google_over",
            "this took too long, or was begun in another browser; begin again",
        )
    }

    /// Google vouches for nobody, mostly because the person declined.
    pub fn google_declined() -> Self {
        Self::new(
            403,
            "google_declined",
            "Google did not let you in; begin again, or sign in another way",
        )
    }

    /// The verified address is that of nobody who has an account.
    pub fn google_unknown() -> Self {
        Self::new(
            403,
            "google_unknown",
            "nobody has an account here with the address of this Google account; open the link in your invitation, or sign in another way",
        )
    }

    /// The Google account has another address than the one that was invited.
    pub fn google_other_address() -> Self {
        Self::new(
            403,
            "google_other_address",
            "this Google account has another address than the one that was invited; choose the other account, or set a password",
        )
    }

    /// Somebody guesses, or looks like it.
    pub fn too_many_tries(wait: Duration) -> Self {
        let minutes = seconds(wait).div_ceil(60);
        let message = format!("too many tries; try again in {minutes} minutes");
        let mut problem = Self::new(429, "too_many_tries", message);
        problem.retry_after = Some(wait);
        problem
    }
}
