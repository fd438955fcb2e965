//! The directory of a database: who else may write it.
//!
//! A reader that may make files there makes the write-ahead log as itself, if it comes first, and
//! then the log is not the writer's to write.

use std::path::Path;

use super::StoreError;

/// The directory that a database is in.
#[must_use]
pub fn of(path: &Path) -> &Path {
    path.parent()
        .filter(|dir| !dir.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// Refuses a directory in which somebody else may make files.
///
/// # Errors
/// [`StoreError::Access`], also when the directory cannot be looked at.
pub fn refuse_shared(path: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::MetadataExt as _;
    let dir = of(path);
    let access = |detail: String| StoreError::Access {
        path: path.to_owned(),
        detail,
    };
    let data = std::fs::metadata(dir).map_err(|error| {
        access(format!(
            "its directory cannot be used: {error}; make it, owned by the user feedmill runs as"
        ))
    })?;
    // The sticky bit of a shared temporary directory keeps others from replacing our files.
    let is_writable = data.mode() & 0o020 != 0 && data.mode() & 0o1000 == 0;
    if is_writable && has_others(data.gid(), data.uid()) {
        return Err(access(format!(
            "the directory {0} is writable by its group: a reader could create the write-ahead log as itself and lock feedmill out; chmod g-w {0}",
            dir.display()
        )));
    }
    Ok(())
}

/// Whether a group has members besides its owner. Where each person has a group of their own, home
/// directories are often writable by it, and nobody else is meant. A group that cannot be looked up
/// here is taken to have others.
fn has_others(group: u32, owner: u32) -> bool {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    members(&read("/etc/group"), &read("/etc/passwd"), group)
        .is_none_or(|members| members.iter().any(|member| *member != owner))
}

/// The user ids of a group; `None` when it, or one of its members, is not listed.
fn members(groups: &str, users: &str, group: u32) -> Option<Vec<u32>> {
    let users: Vec<(&str, u32, u32)> = users
        .lines()
        .filter_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next()?;
            let id = fields.nth(1)?.parse().ok()?;
            Some((name, id, fields.next()?.parse().ok()?))
        })
        .collect();
    let listed = groups.lines().find_map(|line| {
        let mut fields = line.split(':').skip(2);
        let id: u32 = fields.next()?.parse().ok()?;
        (id == group).then(|| fields.next().unwrap_or_default())
    })?;
    let id_of = |name: &str| {
        let user = users.iter().find(|(known, _, _)| *known == name);
        user.map(|(_, id, _)| *id)
    };
    let mut members = listed
        .split(',')
        .filter(|name| !name.is_empty())
        .map(id_of)
        .collect::<Option<Vec<u32>>>()?;
    let of_it = users.iter().filter(|(_, _, first)| *first == group);
    members.extend(of_it.map(|(_, id, _)| *id));
    Some(members)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_those_listed_and_those_whose_first_group_it_is() {
        let groups = "root:x:0:\nalice:x:1000:\nfeedmill:x:990:bob,alice\nodd:x:7:nobody-here\n";
        let users =
            "root:x:0:0::/:\nalice:x:1000:1000::/:\nbob:x:1001:1001::/:\nfeedmill:x:991:990::/:\n";
        for (group, expected) in [
            (1000, Some(vec![1000])),
            (990, Some(vec![1001, 1000, 991])),
            (7, None),
            (4242, None),
        ] {
            assert_eq!(members(groups, users, group), expected, "{group}");
        }
    }
}
