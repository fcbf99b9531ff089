//! Whether mail leaves: the sandbox, the identity and its DKIM.

use super::{Finding, signed::in_words};
use aws_sdk_sesv2::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    operation::{
        get_account::GetAccountOutput,
        get_email_identity::{GetEmailIdentityError, GetEmailIdentityOutput},
    },
    types::{DkimAttributes, DkimStatus},
};
use aws_types::SdkConfig;

/// Looks at SES; `from` is the address that the functions send from.
pub(super) async fn look(
    config: &SdkConfig,
    identity: Option<&str>,
    from: Option<&str>,
) -> Vec<Finding> {
    let ses = Client::new(config);
    let mut findings = match ses.get_account().send().await {
        Ok(account) => account_of(&account),
        Err(error) => vec![not_seen("mail", &error, "ses:GetAccount")],
    };
    let Some(identity) = identity else {
        let advice = ["name it: --mail-identity example.com".to_owned()];
        findings.push(Finding::unseen(
            "mail identity",
            "no stack says which",
            &advice,
        ));
        return findings;
    };
    match ses
        .get_email_identity()
        .email_identity(identity)
        .send()
        .await
    {
        Ok(answer) => findings.extend(identity_of(identity, &answer)),
        Err(error)
            if error
                .as_service_error()
                .is_some_and(GetEmailIdentityError::is_not_found_exception) =>
        {
            let advice = ["the core stack makes it; deploy that in this region first".to_owned()];
            let seen = format!("SES does not know {identity}");
            findings.push(Finding::bad("mail identity", seen, &advice));
        }
        Err(error) => findings.push(not_seen("mail identity", &error, "ses:GetEmailIdentity")),
    }
    if let Some(from) = from {
        findings.push(sender(identity, from));
    }
    findings
}

fn not_seen<E>(about: &str, error: &SdkError<E>, permission: &str) -> Finding
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
    SdkError<E>: std::error::Error,
{
    let why = match error.as_service_error() {
        Some(service) => format!(
            "SES answered {}: {}",
            service.code().unwrap_or("an error"),
            service.message().unwrap_or("without a word")
        ),
        None => in_words(error),
    };
    Finding::unasked(about, why, permission)
}

fn account_of(account: &GetAccountOutput) -> Vec<Finding> {
    let mut findings = Vec::new();
    let quota = account.send_quota().map_or_else(String::new, |quota| {
        format!(
            "; {} mails a day, {} a second",
            quota.max24_hour_send(),
            quota.max_send_rate()
        )
    });
    findings.push(if account.production_access_enabled() {
        Finding::good("mail sandbox", format!("SES sends to everybody{quota}"))
    } else {
        let seen = format!("SES sends to verified addresses only{quota}");
        let advice = [
            "aws sesv2 put-account-details --production-access-enabled --mail-type TRANSACTIONAL --website-url https://example.com --use-case-description 'Invitations of our clients to their portal'".to_owned(),
            "AWS answers within a day or so; until then invitations to others fail for good".to_owned(),
        ];
        Finding::bad("mail sandbox", seen, &advice)
    });
    let status = account.enforcement_status().unwrap_or("unknown");
    findings.push(if account.sending_enabled() && status == "HEALTHY" {
        Finding::good("mail sending", "enabled and healthy")
    } else {
        let seen = format!(
            "sending is {}, the account is {status}",
            if account.sending_enabled() {
                "enabled"
            } else {
                "paused"
            }
        );
        let advice = [
            "look at the reputation page of SES: bounces and complaints pause an account"
                .to_owned(),
        ];
        Finding::bad("mail sending", seen, &advice)
    });
    findings
}

fn identity_of(identity: &str, answer: &GetEmailIdentityOutput) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.push(if answer.verified_for_sending_status() {
        Finding::good("mail identity", format!("{identity} is verified"))
    } else {
        let advice = if identity.contains('@') {
            vec!["open the link in the mail that SES has sent to that address".to_owned()]
        } else {
            vec!["publish the DKIM records below; SES looks for them for 72 hours".to_owned()]
        };
        Finding::bad(
            "mail identity",
            format!("{identity} is not verified"),
            &advice,
        )
    });
    let domain = identity.rsplit('@').next().unwrap_or(identity);
    let dkim = answer.dkim_attributes();
    let status = dkim.and_then(|dkim| dkim.status());
    findings.push(if status == Some(&DkimStatus::Success) {
        Finding::good("DKIM", format!("mail of {domain} is signed"))
    } else {
        let tokens = dkim.map(DkimAttributes::tokens).unwrap_or_default();
        let record = |token: &String| {
            format!("{token}._domainkey.{domain}  CNAME  {token}.dkim.amazonses.com")
        };
        let seen = format!(
            "its state is {}",
            status.map_or("unknown", DkimStatus::as_str)
        );
        Finding::bad("DKIM", seen, &tokens.iter().map(record).collect::<Vec<_>>())
    });
    findings
}

/// Whether an address may be sent from with this identity.
fn sender(identity: &str, from: &str) -> Finding {
    let domain = from.rsplit('@').next().unwrap_or(from);
    let is_within = from.eq_ignore_ascii_case(identity)
        || domain.eq_ignore_ascii_case(identity)
        || domain
            .to_ascii_lowercase()
            .ends_with(&format!(".{}", identity.to_ascii_lowercase()));
    if is_within {
        return Finding::good("sender", format!("{from} is of {identity}"));
    }
    let advice = [format!(
        "deploy the stacks of functions with MailFrom=no-reply@{identity}"
    )];
    Finding::bad("sender", format!("{from} is not of {identity}"), &advice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;
    use aws_sdk_sesv2::types::SendQuota;

    #[test]
    fn the_sandbox_is_told_with_its_quota_and_the_way_out() {
        let quota = SendQuota::builder()
            .max24_hour_send(200.0)
            .max_send_rate(1.0);
        let account = GetAccountOutput::builder()
            .send_quota(quota.build())
            .sending_enabled(true)
            .enforcement_status("HEALTHY")
            .build();

        let [sandbox, sending] = account_of(&account).try_into().expect("two findings");

        assert_eq!(sandbox.state, State::Bad);
        assert_eq!(
            sandbox.seen,
            "SES sends to verified addresses only; 200 mails a day, 1 a second"
        );
        assert!(sandbox.advice[0].contains("put-account-details"));
        assert_eq!(sending.state, State::Good);
    }

    #[test]
    fn an_identity_that_waits_shows_the_records_that_it_waits_for() {
        let dkim = DkimAttributes::builder()
            .status(DkimStatus::Pending)
            .tokens("abc")
            .build();
        let answer = GetEmailIdentityOutput::builder()
            .dkim_attributes(dkim)
            .build();

        let [identity, dkim] = identity_of("example.com", &answer)
            .try_into()
            .expect("two findings");

        assert_eq!(identity.seen, "example.com is not verified");
        assert_eq!(
            dkim.advice,
            ["abc._domainkey.example.com  CNAME  abc.dkim.amazonses.com"]
        );
    }

    #[test]
    fn a_sender_is_of_the_identity_or_of_a_domain_below_it() {
        assert_eq!(sender("example.com", "a@example.com").state, State::Good);
        assert_eq!(
            sender("example.com", "a@mail.Example.com").state,
            State::Good
        );
        assert_eq!(sender("a@example.com", "a@example.com").state, State::Good);
        assert_eq!(sender("example.com", "a@badexample.com").state, State::Bad);
        assert_eq!(sender("a@example.com", "b@example.com").state, State::Bad);
    }
}
