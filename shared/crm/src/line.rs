//! The requests of one delivery, under one deadline.

use bytes::Bytes;
use portico_webhook::{
    Attempt, Failure, Method, Outcome, Outgoing, Sender, sender::TOTAL_DEADLINE,
};
use serde_json::Value;
use tokio::time::Instant;

/// What became of a delivery whose requests were made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The request that decided it; its latency is that of all together.
    pub attempt: Attempt,
    /// What it means.
    pub verdict: Verdict,
}

/// What an answer means for its delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is there now.
    Taken,
    /// It is to be tried again. The word says what went wrong where the status
    /// does not.
    Failed(Option<&'static str>),
    /// Nothing that is sent there will ever be taken.
    Gone,
}

/// Makes the requests of one delivery.
pub(crate) struct Line<'a> {
    sender: &'a Sender,
    began: Instant,
    deadline: Instant,
}

/// One answer, or why there was none.
pub(crate) struct Answer {
    pub(crate) attempt: Attempt,
    body: Bytes,
}

impl<'a> Line<'a> {
    /// The time for everything starts to run.
    pub(crate) fn open(sender: &'a Sender) -> Self {
        let began = Instant::now();
        Self {
            sender,
            began,
            deadline: began + TOTAL_DEADLINE,
        }
    }

    /// Sends JSON.
    pub(crate) async fn send(
        &self,
        method: Method,
        url: String,
        token: Option<&str>,
        body: &Value,
    ) -> Answer {
        self.call(method, url, token, None, body.to_string()).await
    }

    /// Sends no body.
    pub(crate) async fn ask(&self, method: Method, url: String, token: &str) -> Answer {
        self.call(method, url, Some(token), None, String::new())
            .await
    }

    /// Sends a form.
    pub(crate) async fn post_form(&self, url: String, form: String) -> Answer {
        let kind = "application/x-www-form-urlencoded";
        self.call(Method::POST, url, None, Some(kind), form).await
    }

    async fn call(
        &self,
        method: Method,
        url: String,
        token: Option<&str>,
        kind: Option<&str>,
        body: String,
    ) -> Answer {
        let kind = kind.unwrap_or("application/json");
        let mut headers = vec![
            ("accept".to_owned(), "application/json".to_owned()),
            ("content-type".to_owned(), kind.to_owned()),
        ];
        headers.extend(token.map(|token| ("authorization".to_owned(), format!("Bearer {token}"))));
        let outgoing = Outgoing {
            method,
            url,
            headers,
            body: body.into(),
        };
        let exchange = self.sender.exchange(&outgoing);
        match tokio::time::timeout_at(self.deadline, exchange).await {
            Ok(exchange) => Answer {
                attempt: exchange.attempt,
                body: exchange.body,
            },
            Err(_) => Answer {
                attempt: Attempt {
                    outcome: Outcome::Failed(Failure::Timeout),
                    status: None,
                    latency: self.began.elapsed(),
                    excerpt: String::new(),
                    retry_after: None,
                },
                body: Bytes::new(),
            },
        }
    }

    /// It is there now.
    pub(crate) fn taken(&self, answer: Answer) -> Judged {
        self.judge(answer, Verdict::Taken)
    }

    /// It failed, by the answer's status.
    pub(crate) fn failed(&self, answer: Answer) -> Judged {
        self.judge(answer, Verdict::Failed(None))
    }

    /// It failed although the status may say otherwise.
    pub(crate) fn failed_for(&self, answer: Answer, reason: &'static str) -> Judged {
        self.judge(answer, Verdict::Failed(Some(reason)))
    }

    /// Nothing will ever be taken there.
    pub(crate) fn gone(&self, answer: Answer) -> Judged {
        self.judge(answer, Verdict::Gone)
    }

    fn judge(&self, answer: Answer, verdict: Verdict) -> Judged {
        let mut attempt = answer.attempt;
        attempt.latency = self.began.elapsed();
        Judged { attempt, verdict }
    }
}

impl Answer {
    /// The answer's status; 0 without one.
    pub(crate) fn status(&self) -> u16 {
        match self.attempt.outcome {
            Outcome::Answered(status) => status,
            Outcome::Failed(_) => 0,
        }
    }

    pub(crate) fn is_success(&self) -> bool {
        self.attempt.is_success()
    }

    /// The body as JSON; null if it is something else.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The body as text.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap_or_default().trim()
    }

    /// Leaves nothing of the body for the log of attempts.
    pub(crate) fn hushed(mut self) -> Self {
        self.attempt.excerpt.clear();
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use portico_webhook::Policy;
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn no_request_outlives_the_time_that_all_share() {
        // It takes connections and never answers.
        let silent = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/", silent.local_addr().expect("an address"));
        let sender = Sender::new(Policy::local(), "test").expect("a sender");
        let began = Instant::now();
        let line = Line {
            sender: &sender,
            began,
            deadline: began,
        };

        for _ in 0..3 {
            let answer = line.ask(Method::GET, url.clone(), "token").await;
            assert_eq!(answer.attempt.outcome, Outcome::Failed(Failure::Timeout));
        }
    }
}
