//! What proves that a form was written by us for this browser.

use crate::Keyring;
use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

impl Keyring {
    /// The text that a form carries, for the browser that holds `binding` in a
    /// cookie. Another origin can make a browser send the cookie and cannot
    /// know the text.
    pub fn form_token(&self, binding: &str) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.forms, binding.as_bytes()))
    }

    /// Whether a form's text goes with this binding; takes the same time
    /// wherever they differ.
    pub fn is_form_token(&self, binding: &str, token: &str) -> bool {
        let tag = URL_SAFE_NO_PAD.decode(token).unwrap_or_default();
        hmac::verify(&self.forms, binding.as_bytes(), &tag).is_ok()
    }
}
