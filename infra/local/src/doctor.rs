//! `portico doctor`: looks at an installation in AWS, or at an account that
//! shall get one, and says what keeps it from working.
//!
//! Every look is a call that changes nothing. One that AWS refuses, because
//! the caller's role does not allow it, is reported as not seen: the doctor
//! never takes silence for health.
//!
//! SES is asked through its SDK, which Portico has anyway. Lambda and
//! CloudFormation are asked one thing each; `signed` says why without theirs.

mod account;
mod mail;
mod signed;
mod stacks;

use portico_bootstrap::aws_config;
use signed::Aws;
use stacks::Stack;

/// What to look at.
#[derive(Debug)]
pub struct Installation {
    /// The stage, such as `prod`.
    pub stage: String,
    /// The domain or address that SES sends from, where no stack says so yet.
    pub mail_identity: Option<String>,
}

/// What was seen of one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The thing.
    pub about: String,
    /// How it is.
    pub state: State,
    /// What was seen, in a sentence.
    pub seen: String,
    /// What to do about it, line by line.
    pub advice: Vec<String>,
}

/// How a thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// As it should be.
    Good,
    /// Portico does not work with it, or only in part.
    Bad,
    /// It could not be looked at.
    Unseen,
}

impl Finding {
    fn good(about: &str, seen: impl Into<String>) -> Self {
        Self::new(about, State::Good, seen.into(), &[])
    }

    fn bad(about: &str, seen: impl Into<String>, advice: &[String]) -> Self {
        Self::new(about, State::Bad, seen.into(), advice)
    }

    fn unseen(about: &str, why: impl Into<String>, advice: &[String]) -> Self {
        Self::new(about, State::Unseen, why.into(), advice)
    }

    /// What could not be seen, for want of a permission if AWS says so, else of
    /// a way to AWS.
    fn unasked(about: &str, why: impl Into<String>, permission: &str) -> Self {
        let why = why.into();
        let is_refused = ["AccessDenied", "not authorized", "UnauthorizedOperation"]
            .iter()
            .any(|word| why.contains(word));
        let advice = if is_refused {
            format!("the caller needs {permission}")
        } else {
            "is there a way to AWS from here, with these credentials, in this region? \
             `aws sts get-caller-identity` tells"
                .to_owned()
        };
        Self::unseen(about, why, &[advice])
    }

    fn new(about: &str, state: State, seen: String, advice: &[String]) -> Self {
        Self {
            about: about.to_owned(),
            state,
            seen,
            advice: advice.to_vec(),
        }
    }
}

/// Looks at everything, with the credentials and the region of the environment.
pub async fn examine(installation: &Installation) -> Vec<Finding> {
    let config = aws_config().await;
    let Some(region) = config.region() else {
        let advice = ["set AWS_REGION, such as AWS_REGION=eu-central-1".to_owned()];
        return vec![Finding::bad("region", "no region is set", &advice)];
    };
    let mut findings = vec![Finding::good("region", region.to_string())];
    let aws = match Aws::new(&config).await {
        Ok(aws) => aws,
        Err(why) => {
            let advice = ["see that `aws sts get-caller-identity` answers".to_owned()];
            findings.push(Finding::bad("credentials", why, &advice));
            return findings;
        }
    };
    let limits = aws.get("lambda", "/2016-08-19/account-settings/").await;
    findings.push(account::clock(&limits));
    let stacks = stacks::look(&aws, &installation.stage).await;
    let is_deployed = stacks
        .iter()
        .any(|(name, seen)| name.contains("-functions-") && matches!(seen, Ok(Some(_))));
    findings.push(account::concurrency(&limits, is_deployed));
    findings.extend(stacks::judge(&stacks));
    let parameter = |name: &str| {
        let found = stacks
            .iter()
            .filter_map(|(_, seen)| seen.as_ref().ok()?.as_ref());
        found
            .filter_map(|stack: &Stack| stack.parameters.get(name))
            .find(|value| !value.is_empty())
            .cloned()
    };
    let identity = installation
        .mail_identity
        .clone()
        .or_else(|| parameter("MailIdentity"));
    findings.extend(
        mail::look(
            &config,
            identity.as_deref(),
            parameter("MailFrom").as_deref(),
        )
        .await,
    );
    findings
}
