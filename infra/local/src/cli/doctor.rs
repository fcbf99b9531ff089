//! `portico doctor`: what keeps an installation in AWS from working.

use super::{
    Done,
    console::{BAD, FAINT, GOOD, Output},
    print,
};
use clap::Args;
use portico_local::doctor::{Installation, State, examine};

#[derive(Args)]
pub(crate) struct Doctor {
    /// The stage of the installation.
    #[arg(long, default_value = "prod")]
    stage: String,
    /// The domain or address that SES sends from; a deployed core stack knows it.
    #[arg(long, value_name = "NAME")]
    mail_identity: Option<String>,
    #[command(flatten)]
    output: Output,
}

/// Something is wrong.
#[derive(Debug, thiserror::Error)]
#[error("{bad} wrong, {unseen} not seen")]
struct Diagnosis {
    bad: usize,
    unseen: usize,
}

impl Doctor {
    pub(crate) async fn run(self) -> Done {
        let console = self.output.console();
        let findings = examine(&Installation {
            stage: self.stage,
            mail_identity: self.mail_identity,
        })
        .await;
        for finding in &findings {
            let (style, word) = match finding.state {
                State::Good => (GOOD, "ok"),
                State::Bad => (BAD, "wrong"),
                State::Unseen => (FAINT, "unseen"),
            };
            let word = console.paint(style, &format!("{word:6}"));
            print(&format!("{word}  {:33}  {}", finding.about, finding.seen))?;
            for line in &finding.advice {
                print(&format!("          {line}"))?;
            }
        }
        let count = |state| findings.iter().filter(|one| one.state == state).count();
        match (count(State::Bad), count(State::Unseen)) {
            (0, 0) => Ok(()),
            (bad, unseen) => Err(Diagnosis { bad, unseen }.into()),
        }
    }
}
