//! What the kernel refuses.

use rustix::io::Errno;

use super::super::super::system;

/// Which call was refused, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the kernel refused {call}: {}; {}", system::reason(&(*errno).into()), advice(call, *errno))]
pub(in crate::cloudfoundry::builder) struct Refused {
    call: String,
    errno: Errno,
}

impl Refused {
    /// Of this call, as a manual page names it.
    pub(in crate::cloudfoundry::builder) fn call(call: impl Into<String>) -> impl FnOnce(Errno) -> Self {
        move |errno| Self { call: call.into(), errno }
    }
}

/// What to look at.
fn advice(call: &str, errno: Errno) -> &'static str {
    if errno == Errno::NOSPC && call.starts_with("unshare(") {
        return "see the sysctls user.max_user_namespaces, user.max_net_namespaces and user.max_mnt_namespaces";
    }
    if call.contains("NEWUSER") {
        return match errno {
            Errno::INVAL => "the kernel has no user namespaces",
            _ => {
                "root needs CAP_SYS_ADMIN; others need user namespaces: see the sysctls kernel.unprivileged_userns_clone, \
                 kernel.apparmor_restrict_unprivileged_userns and user.max_user_namespaces, and the container's seccomp \
                 profile"
            }
        };
    }
    if matches!(errno, Errno::PERM | Errno::ACCESS) {
        return "see the sysctl kernel.apparmor_restrict_unprivileged_userns and the container's security profile";
    }
    "scripts are not run without the isolation that was asked for"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_name_call_reason_and_what_to_look_at() {
        let error = Refused::call("unshare(CLONE_NEWUSER)")(Errno::NOSPC);
        let text = "the kernel refused unshare(CLONE_NEWUSER): no space left on device; see the sysctls \
                    user.max_user_namespaces, user.max_net_namespaces and user.max_mnt_namespaces";
        assert_eq!(error.to_string(), text);
    }
}
