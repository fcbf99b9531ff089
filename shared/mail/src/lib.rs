//! Mail: the templates and SES.
//!
//! Every mail has a text and an HTML part. What SES answers is sorted into
//! three: taken, not now, never; SES's own rate limits are "not now".

mod brand;
mod template;

pub use askama::Error as RenderError;
pub use brand::Brand;
pub use template::{
    AccountLink, AddressChanged, EndpointDisabled, Invitation, Inviter, LinkPurpose,
    PasswordChanged, RequestMade, RequestMoved,
};

use aws_sdk_sesv2::{
    error::{BuildError, ProvideErrorMetadata, SdkError},
    operation::send_email::SendEmailError,
    types::{Body, Content, Destination, EmailContent, Message, MessageHeader, MessageTag},
};
use aws_types::SdkConfig;
use base64::{Engine as _, engine::general_purpose::STANDARD};

/// From whom mail comes.
#[derive(Clone, Debug)]
pub struct MailSettings {
    /// The address, of an identity that SES has verified.
    pub from: String,
    /// The SES configuration set whose events tell what became of mail.
    pub configuration_set: Option<String>,
}

/// Sends mail through SES.
#[derive(Clone, Debug)]
pub struct Mail {
    client: aws_sdk_sesv2::Client,
    settings: MailSettings,
}

/// A mail, written out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The name that stands beside the sender's address.
    pub from_name: String,
    /// The one recipient.
    pub to: String,
    /// Where answers go, if not to the sender.
    pub reply_to: Option<String>,
    /// The subject.
    pub subject: String,
    /// The part for programs that show no HTML.
    pub text: String,
    /// The part for those that do.
    pub html: String,
}

/// SES did not take a mail.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// It may take it later.
    #[error("the mail service did not take the mail now: {0}")]
    NotNow(String),
    /// It will not take this mail from this account.
    #[error("the mail service refused the mail: {0}")]
    Never(String),
}

impl Mail {
    /// Sends through SES, reached with this configuration.
    pub fn new(config: &SdkConfig, settings: MailSettings) -> Self {
        Self {
            client: aws_sdk_sesv2::Client::new(config),
            settings,
        }
    }

    /// Opens the connection that mail goes over, by a request that SES refuses:
    /// a mail of nothing to nobody.
    pub async fn open_connection(&self) {
        // The refusal is the answer that was asked for, and whatever else went
        // wrong will go wrong for the first mail, which tells of it.
        let _ = self.client.send_email().send().await;
    }

    /// Sends a mail; `tags` come back with SES's events about it. Answers with
    /// SES's id of the message.
    pub async fn send(&self, mail: &Written, tags: &[(&str, String)]) -> Result<String, MailError> {
        let content = content(mail).map_err(|error| MailError::Never(error.to_string()))?;
        let from = format!("{} <{}>", display_name(&mail.from_name), self.settings.from);
        let mut request = self
            .client
            .send_email()
            .from_email_address(from)
            .destination(Destination::builder().to_addresses(&mail.to).build())
            .content(content)
            .set_reply_to_addresses(mail.reply_to.clone().map(|to| vec![to]))
            .set_configuration_set_name(self.settings.configuration_set.clone());
        for (name, value) in tags {
            let tag = MessageTag::builder().name(*name).value(value).build();
            request = request.email_tags(tag.map_err(|error| MailError::Never(error.to_string()))?);
        }
        let answer = request.send().await.map_err(|error| sort(&error))?;
        Ok(answer.message_id.unwrap_or_default())
    }
}

fn content(mail: &Written) -> Result<EmailContent, BuildError> {
    let part = |data: &str| Content::builder().data(data).charset("UTF-8").build();
    let message = Message::builder()
        .subject(part(&mail.subject)?)
        .body(
            Body::builder()
                .text(part(&mail.text)?)
                .html(part(&mail.html)?)
                .build(),
        )
        // No automatic answer is wanted (RFC 3834).
        .headers(
            MessageHeader::builder()
                .name("Auto-Submitted")
                .value("auto-generated")
                .build()?,
        )
        .build();
    Ok(EmailContent::builder().simple(message).build())
}

/// A display name: a quoted string (RFC 5322), or, if it is not ASCII, encoded
/// words of at most 75 characters (RFC 2047). Names hold no line breaks.
fn display_name(name: &str) -> String {
    if name.is_ascii() {
        return format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""));
    }
    let mut words = vec![String::new()];
    for character in name.chars() {
        // 45 bytes become 60 characters of base64, within "=?UTF-8?B?" and "?=".
        let is_full = words
            .last()
            .is_some_and(|word| word.len() + character.len_utf8() > 45);
        if is_full {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(character);
        }
    }
    let encoded = words
        .iter()
        .map(|word| format!("=?UTF-8?B?{}?=", STANDARD.encode(word)));
    encoded.collect::<Vec<_>>().join(" ")
}

fn sort(error: &SdkError<SendEmailError>) -> MailError {
    let code = error.code().unwrap_or("no answer");
    let reason = format!(
        "{code}: {}",
        error.message().unwrap_or("the request did not complete")
    );
    match error.as_service_error() {
        Some(
            SendEmailError::MessageRejected(_)
            | SendEmailError::BadRequestException(_)
            | SendEmailError::NotFoundException(_)
            | SendEmailError::MailFromDomainNotVerifiedException(_),
        ) => MailError::Never(reason),
        // Throttled, over quota, paused, suspended or not reached: all of
        // these can change without anybody writing the mail anew.
        _ => MailError::NotNow(reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_names_are_quoted_or_encoded() {
        assert_eq!(
            display_name(r#"Rocket "R" Rides"#),
            r#""Rocket \"R\" Rides""#
        );
        assert_eq!(display_name("Müller"), "=?UTF-8?B?TcO8bGxlcg==?=");
        assert!(
            display_name(&"ü".repeat(60))
                .split(' ')
                .all(|word| word.len() <= 75)
        );
    }
}
