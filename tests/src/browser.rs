//! A person's browser, as far as it matters to a server: it asks for pages,
//! keeps cookies, and sends the hidden fields of the form that it shows.

use crate::{Actor, Answer};
use std::collections::BTreeMap;

/// A browser with a window of its own.
#[derive(Clone)]
pub struct Browser {
    actor: Actor,
    cookies: BTreeMap<String, String>,
    csrf: String,
}

impl Browser {
    pub(crate) fn new(actor: &Actor) -> Self {
        Self {
            actor: actor.with("accept", "text/html,application/xhtml+xml"),
            cookies: BTreeMap::new(),
            csrf: String::new(),
        }
    }

    /// Opens a page.
    pub async fn open(&mut self, path: &str) -> Answer {
        let answer = self.actor().get(path).await;
        self.take(answer)
    }

    /// Sends the form of the page that is open.
    pub async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = self.csrf.clone();
        let own = [("csrf", csrf.as_str())];
        self.send(path, &[&own, fields].concat(), "same-origin")
            .await
    }

    /// Sends a form that a page of another site made.
    pub async fn submit_from_elsewhere(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = self.csrf.clone();
        let own = [("csrf", csrf.as_str())];
        self.send(path, &[&own, fields].concat(), "cross-site")
            .await
    }

    /// Sends just these fields, from this site.
    pub async fn send(&mut self, path: &str, fields: &[(&str, &str)], site: &str) -> Answer {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        let actor = self
            .actor()
            .with("content-type", "application/x-www-form-urlencoded")
            .with("sec-fetch-site", site);
        let answer = actor.send("POST", path, Some(body.finish())).await;
        self.take(answer)
    }

    /// The cookie with this name.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    /// Sets a cookie, as somebody does who has stolen it.
    pub fn set_cookie(&mut self, name: &str, value: &str) {
        self.cookies.insert(name.to_owned(), value.to_owned());
    }

    /// The hidden text of the form that is open.
    pub fn csrf(&self) -> &str {
        &self.csrf
    }

    /// Whoever sends the cookies of this browser.
    pub fn actor(&self) -> Actor {
        let cookies = self.cookies.iter();
        let cookies: Vec<String> = cookies
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        if cookies.is_empty() {
            return self.actor.clone();
        }
        self.actor.with("cookie", &cookies.join("; "))
    }

    /// Keeps what an answer gave it.
    pub fn take(&mut self, answer: Answer) -> Answer {
        for cookie in answer.headers.get_all("set-cookie") {
            let cookie = cookie.to_str().expect("a text");
            let (pair, attributes) = cookie.split_once("; ").expect("attributes");
            let (name, value) = pair.split_once('=').expect("a name and a value");
            assert_eq!(
                attributes.replacen(|letter: char| letter.is_ascii_digit(), "", 9),
                "Path=/; Max-Age=; Secure; HttpOnly; SameSite=Lax"
            );
            assert!(name.starts_with("__Host-"), "{name}");
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let field = "name=\"csrf\" value=\"";
        if let Some(start) = answer.text.find(field) {
            let rest = &answer.text[start + field.len()..];
            let value = rest.split('"').next().expect("it ends");
            value.clone_into(&mut self.csrf);
        }
        answer
    }
}
