use super::*;
use crate::{IdSource, Moment};
use serde_json::json;

fn workspace(now: Time) -> Workspace {
    Workspace::new(WorkspaceId::from_bytes([7; 16]), "Looms", now)
}

#[test]
fn a_workspace_of_an_older_version_has_the_default_settings() {
    let now = Time::from_unix_millis(1_795_300_000_000);
    let old =
        json!({ "id": workspace(now).id, "name": "Looms", "invitationDays": 7, "createdAt": now });

    let read: Workspace = serde_json::from_value(old).expect("it is read");

    assert_eq!(read, workspace(now));
}

#[test]
fn turning_companies_off_and_on_again_loses_nothing() {
    let ids = IdSource::new();
    let moment = Moment::new(Time::from_unix_millis(1_795_300_000_000), &ids);
    let mut change = Change::by_system(moment);
    let mut workspace = workspace(moment.now);
    let set = |companies| WorkspacePatch {
        companies: Some(companies),
        ..WorkspacePatch::default()
    };
    workspace.update(
        &mut change,
        WorkspacePatch {
            default_channel_type: Some(ChannelType::Company),
            ..WorkspacePatch::default()
        },
    );

    workspace.update(&mut change, set(Companies::Off));
    assert_eq!(workspace.channel_type(), ChannelType::Individual);
    assert!(workspace.refuse_companies_if_off("companyId").is_err());

    workspace.update(&mut change, set(Companies::Optional));
    assert_eq!(workspace.channel_type(), ChannelType::Company);
    assert!(workspace.refuse_companies_if_off("companyId").is_ok());
}

#[test]
fn a_change_of_settings_is_told_with_what_was_before() {
    let ids = IdSource::new();
    let moment = Moment::new(Time::from_unix_millis(1_795_300_000_000), &ids);
    let mut change = Change::by_system(moment);
    let mut workspace = workspace(moment.now);
    let patch = || WorkspacePatch {
        invitation_days: Some(14),
        group_term: Some("organization".to_owned()),
        ..WorkspacePatch::default()
    };

    workspace.update(&mut change, patch());
    workspace.update(&mut change, patch());

    assert_eq!(change.events.len(), 1, "the second changed nothing");
    let previous = change.events[0].previous_attributes.clone();
    let previous = serde_json::Value::Object(previous.expect("a change"));
    assert_eq!(previous["invitationLifetimeDays"], 7);
    assert_eq!(previous["labels"]["groupTerm"], "company");
    assert_eq!(previous.as_object().map(serde_json::Map::len), Some(2));
}

#[test]
fn the_team_is_signed_out_after_half_an_hour_to_half_a_day() {
    for (minutes, is_fine) in [
        (29, false),
        (30, true),
        (720, true),
        (721, false),
        (-30, false),
        (65_566, false),
    ] {
        let checked = WorkspacePatch::staff_idle_minutes("staffIdleMinutes", minutes);
        assert_eq!(checked.is_ok(), is_fine, "{minutes}");
    }
}

#[test]
fn an_invitation_is_good_for_one_to_thirty_days() {
    for (days, is_fine) in [
        (0, false),
        (1, true),
        (30, true),
        (31, false),
        (-1, false),
        (300, false),
    ] {
        let checked = WorkspacePatch::invitation_days("invitationLifetimeDays", days);
        assert_eq!(checked.is_ok(), is_fine, "{days}");
    }
}
