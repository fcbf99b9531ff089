//! The stacks of an installation: are they there, whole, and of one mind?

use super::{
    Finding,
    signed::{Aws, Refusal},
};
use aws_smithy_xml::decode::{Document, ScopedDecoder, XmlDecodeError, try_data};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Parameters in which the stacks of functions have to agree.
const COMMON: &[&str] = &[
    "ArtifactBucket",
    "ArtifactKey",
    "Architecture",
    "MailFrom",
    "LogLevel",
];

/// A stack as CloudFormation describes it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Stack {
    status: String,
    pub(super) parameters: BTreeMap<String, String>,
}

/// The stacks by name; none where there is no such stack.
pub(super) type Stacks = Vec<(String, Result<Option<Stack>, String>)>;

/// Asks for every stack that this version's templates make.
pub(super) async fn look(aws: &Aws, stage: &str) -> Stacks {
    let mut stacks = Stacks::new();
    for template in portico_template::templates() {
        let name = format!(
            "portico-{stage}-{}",
            template.file.trim_end_matches(".json")
        );
        let path = format!("/?Action=DescribeStacks&StackName={name}&Version=2010-05-15");
        let seen = match aws.get("cloudformation", &path).await {
            Ok(reply) => read(&reply.body)
                .map(Some)
                .map_err(|error| error.to_string()),
            Err(Refusal { body, .. }) if body.contains("does not exist") => Ok(None),
            Err(refusal) => Err(refusal.why),
        };
        stacks.push((name, seen));
    }
    stacks
}

/// What CloudFormation's answer says of the one stack in it.
fn read(xml: &str) -> Result<Stack, XmlDecodeError> {
    let mut document = Document::new(xml);
    let mut root = document.root_element()?;
    let mut stack = Stack::default();
    descend(&mut root, "DescribeStacksResult", &mut |result| {
        descend(result, "Stacks", &mut |stacks| {
            descend(stacks, "member", &mut |member| one(member, &mut stack))
        })
    })?;
    Ok(stack)
}

fn one(member: &mut ScopedDecoder<'_, '_>, stack: &mut Stack) -> Result<(), XmlDecodeError> {
    while let Some(mut tag) = member.next_tag() {
        match tag.start_el().local() {
            "StackStatus" => stack.status = try_data(&mut tag)?.into_owned(),
            "Parameters" => descend(&mut tag, "member", &mut |parameter| {
                let (mut key, mut value) = (String::new(), String::new());
                descend(parameter, "", &mut |part| {
                    match part.start_el().local() {
                        "ParameterKey" => key = try_data(part)?.into_owned(),
                        "ParameterValue" => value = try_data(part)?.into_owned(),
                        _ => {}
                    }
                    Ok(())
                })?;
                stack.parameters.insert(key, value);
                Ok(())
            })?,
            _ => {}
        }
    }
    Ok(())
}

/// Visits the elements of this name within another; of every name, if none is
/// given.
fn descend(
    within: &mut ScopedDecoder<'_, '_>,
    name: &str,
    visit: &mut dyn FnMut(&mut ScopedDecoder<'_, '_>) -> Result<(), XmlDecodeError>,
) -> Result<(), XmlDecodeError> {
    while let Some(mut tag) = within.next_tag() {
        if name.is_empty() || tag.start_el().local() == name {
            visit(&mut tag)?;
        }
    }
    Ok(())
}

/// What is wrong with the stacks, each and together.
pub(super) fn judge(stacks: &Stacks) -> Vec<Finding> {
    let templates = portico_template::templates();
    let each = stacks.iter().zip(&templates);
    let mut findings: Vec<Finding> = each
        .map(|((name, seen), template)| match seen {
            Err(why) => Finding::unasked(name, why.clone(), "cloudformation:DescribeStacks"),
            Ok(None) => {
                let advice = [format!("deploy infra/aws/{}", template.file)];
                Finding::bad(name, "it is not deployed", &advice)
            }
            Ok(Some(stack)) => condition(name, stack, &template.body),
        })
        .collect();
    findings.extend(COMMON.iter().filter_map(|name| disagreement(stacks, name)));
    findings
}

fn condition(name: &str, stack: &Stack, template: &Value) -> Finding {
    let is_whole = stack.status.ends_with("_COMPLETE")
        && !stack.status.starts_with("DELETE")
        && stack.status != "ROLLBACK_COMPLETE";
    if !is_whole {
        let advice = [format!(
            "aws cloudformation describe-stack-events --stack-name {name}"
        )];
        return Finding::bad(name, format!("its state is {}", stack.status), &advice);
    }
    let wanted: BTreeSet<&str> = template["Parameters"]
        .as_object()
        .into_iter()
        .flat_map(|parameters| parameters.keys().map(String::as_str))
        .collect();
    let has: BTreeSet<&str> = stack.parameters.keys().map(String::as_str).collect();
    let difference: Vec<&str> = wanted.symmetric_difference(&has).copied().collect();
    if difference.is_empty() {
        return Finding::good(name, stack.status.clone());
    }
    let seen = format!(
        "it was deployed from another version of the template, which differs in {}",
        difference.join(", ")
    );
    let advice = [
        "deploy it with the templates of this version, or run the doctor of that one".to_owned(),
    ];
    Finding::bad(name, seen, &advice)
}

/// What the stacks of functions have different values of.
fn disagreement(stacks: &Stacks, parameter: &str) -> Option<Finding> {
    let mut values: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, seen) in stacks {
        let stack = seen.as_ref().ok().and_then(Option::as_ref);
        if let Some(value) = stack.and_then(|stack| stack.parameters.get(parameter)) {
            values.entry(value).or_default().push(name);
        }
    }
    if values.len() < 2 {
        return None;
    }
    let parts: Vec<String> = values
        .iter()
        .map(|(value, names)| format!("{value} in {}", names.join(", ")))
        .collect();
    let advice = ["an upgrade may have stopped half-way; deploy all with the same".to_owned()];
    Some(Finding::bad(parameter, parts.join("; "), &advice))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    const ANSWER: &str = "<DescribeStacksResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><DescribeStacksResult><Stacks><member><StackName>portico-prod-core</StackName><Outputs><member><OutputKey>Api</OutputKey></member></Outputs><Parameters><member><ParameterKey>Stage</ParameterKey><ParameterValue>prod</ParameterValue></member><member><ParameterKey>DomainName</ParameterKey><ParameterValue/></member></Parameters><StackStatus>UPDATE_COMPLETE</StackStatus></member></Stacks></DescribeStacksResult></DescribeStacksResponse>";

    fn stack(status: &str, parameters: &[(&str, &str)]) -> Stack {
        let parameters = parameters
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        Stack {
            status: status.to_owned(),
            parameters: parameters.collect(),
        }
    }

    #[test]
    fn an_answer_is_read() {
        let wanted = stack("UPDATE_COMPLETE", &[("DomainName", ""), ("Stage", "prod")]);

        assert_eq!(read(ANSWER).expect("XML"), wanted);
    }

    #[test]
    fn a_stack_that_rolled_back_or_lacks_a_parameter_is_told() {
        let template = serde_json::json!({ "Parameters": { "Stage": {} } });
        let judge = |stack: &Stack| condition("core", stack, &template);

        assert_eq!(
            judge(&stack("UPDATE_COMPLETE", &[("Stage", "prod")])).state,
            State::Good
        );
        assert_eq!(
            judge(&stack("UPDATE_ROLLBACK_COMPLETE", &[("Stage", "prod")])).state,
            State::Good
        );
        assert_eq!(
            judge(&stack("ROLLBACK_COMPLETE", &[("Stage", "prod")])).state,
            State::Bad
        );
        assert_eq!(
            judge(&stack("UPDATE_ROLLBACK_FAILED", &[("Stage", "prod")])).state,
            State::Bad
        );
        assert!(
            judge(&stack("CREATE_COMPLETE", &[]))
                .seen
                .ends_with("differs in Stage")
        );
    }

    #[test]
    fn an_upgrade_that_stopped_half_way_is_told() {
        let with = |name: &str, key: &str| {
            let stack = stack("UPDATE_COMPLETE", &[("ArtifactKey", key)]);
            (name.to_owned(), Ok(Some(stack)))
        };

        let finding = disagreement(
            &vec![with("book", "1.zip"), with("door", "2.zip")],
            "ArtifactKey",
        );

        assert_eq!(
            finding.expect("a finding").seen,
            "1.zip in book; 2.zip in door"
        );
        assert_eq!(
            disagreement(
                &vec![with("book", "1.zip"), with("door", "1.zip")],
                "ArtifactKey"
            ),
            None
        );
    }
}
