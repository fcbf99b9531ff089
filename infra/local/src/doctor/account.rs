//! What the account allows, and what time it is.

use super::{Finding, signed::Seen};
use serde_json::Value;

/// AWS refuses requests that are signed five minutes off.
const MOST_SECONDS_OFF: i64 = 60;
/// Lambda keeps this many for functions that reserve nothing.
const UNRESERVED: u64 = 100;

/// Compares the clocks, by the date of any answer.
pub(super) fn clock(seen: &Seen) -> Finding {
    let ahead = match seen {
        Ok(reply) => reply.ahead,
        Err(refusal) => refusal.ahead,
    };
    let about = "clock";
    match ahead {
        None => Finding::unseen(about, "AWS gave no date", &[]),
        Some(off) if off.abs() <= MOST_SECONDS_OFF => {
            Finding::good(about, format!("{} s off", off.abs()))
        }
        Some(off) => {
            let than = if off > 0 { "behind" } else { "ahead of" };
            let seen = format!("this machine is {} s {than} AWS", off.abs());
            let advice = ["set the clock: AWS refuses what is signed 300 s off".to_owned()];
            Finding::bad(about, seen, &advice)
        }
    }
}

/// Whether the account's concurrency bears what the functions reserve.
pub(super) fn concurrency(seen: &Seen, is_deployed: bool) -> Finding {
    let about = "concurrency";
    let reply = match seen {
        Ok(reply) => reply,
        Err(refusal) => {
            let permission = "lambda:GetAccountSettings";
            return Finding::unasked(about, refusal.why.clone(), permission);
        }
    };
    let body: Value = serde_json::from_str(&reply.body).unwrap_or_default();
    let limit = |name: &str| body["AccountLimit"][name].as_u64();
    let (Some(quota), Some(free)) = (
        limit("ConcurrentExecutions"),
        limit("UnreservedConcurrentExecutions"),
    ) else {
        return Finding::unseen(about, "Lambda gave no limits", &[]);
    };
    judge(
        quota,
        free,
        portico_template::reserved_concurrency(),
        is_deployed,
    )
}

fn judge(quota: u64, free: u64, reserved: u64, is_deployed: bool) -> Finding {
    let wanted = UNRESERVED + if is_deployed { 0 } else { reserved };
    let seen =
        format!("a quota of {quota}, {free} of it not reserved; Portico reserves {reserved}");
    if free >= wanted {
        return Finding::good("concurrency", seen);
    }
    let why = if is_deployed {
        "fewer than 100 are left for the functions that reserve nothing"
    } else {
        "the deployment would fail, because 100 must stay unreserved"
    };
    let advice = [
        why.to_owned(),
        "aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value 1000".to_owned(),
    ];
    Finding::bad("concurrency", seen, &advice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::{State, signed::Reply};

    fn reply(body: &str, ahead: i64) -> Reply {
        Reply {
            body: body.to_owned(),
            ahead: Some(ahead),
        }
    }

    #[test]
    fn a_new_accounts_quota_is_too_small() {
        assert_eq!(judge(10, 10, 22, false).state, State::Bad);
        assert_eq!(judge(121, 121, 22, false).state, State::Bad);
        assert_eq!(judge(122, 122, 22, false).state, State::Good);
    }

    #[test]
    fn what_is_deployed_has_reserved_already() {
        assert_eq!(judge(122, 100, 22, true).state, State::Good);
        assert_eq!(judge(122, 99, 22, true).state, State::Bad);
    }

    #[test]
    fn a_clock_may_be_a_minute_off() {
        assert_eq!(clock(&Ok(reply("", -60))).state, State::Good);
        assert_eq!(
            clock(&Ok(reply("", 61))).seen,
            "this machine is 61 s behind AWS"
        );
        assert_eq!(
            clock(&Ok(reply("", -61))).seen,
            "this machine is 61 s ahead of AWS"
        );
    }

    #[test]
    fn an_answer_without_limits_is_not_taken_for_health() {
        assert_eq!(concurrency(&Ok(reply("{}", 0)), false).state, State::Unseen);
    }
}
