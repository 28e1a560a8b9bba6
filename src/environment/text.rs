//! Variables as texts that other programs read back: `.env` files, shells, GitHub Actions.
//!
//! Owns: how a value is quoted so that it comes back as it was, whatever it holds. Refuses: choosing what is written.

use std::fmt::Write as _;

/// A line of a `.env` file; Compose reads the value back.
pub fn dotenv(name: &str, value: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || "_./:@%+,=-".contains(c);
    if !value.is_empty() && value.chars().all(bare) {
        return format!("{name}={value}\n");
    }
    if !value.contains(['\'', '\\', '\n', '\r']) {
        return format!("{name}='{value}'\n");
    }
    let mut out = format!("{name}=\"");
    for c in value.chars() {
        match c {
            '\\' | '"' | '$' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            c => out.push(c),
        }
    }
    out.push_str("\"\n");
    out
}

/// A line for a POSIX shell to evaluate. Nothing of the value is code.
pub fn shell(name: &str, value: &str) -> String {
    format!("export {name}='{}'\n", value.replace('\'', r"'\''"))
}

/// Whether a shell can hold a variable of this name.
pub fn is_shell_name(name: &str) -> bool {
    let first = name.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic());
    first && name.chars().all(|c| c == '_' || c.is_ascii_alphanumeric())
}

/// Lines for the file of GitHub Actions that `$GITHUB_ENV` names.
pub fn github(name: &str, value: &str) -> String {
    if !value.contains(['\n', '\r']) {
        return format!("{name}={value}\n");
    }
    let mut end = "HSM_END".to_owned();
    let mut number = 0_u32;
    // the value is known, so that no chance is needed to keep its end apart from what stands in it
    while value.contains(&end) {
        number += 1;
        end.clear();
        // writing to a string cannot fail
        let _ = write!(end, "HSM_END_{number}");
    }
    format!("{name}<<{end}\n{value}\n{end}\n")
}

/// Commands that make GitHub Actions hide a value in its logs, also where only one of its lines is shown.
pub fn github_masks(value: &str) -> String {
    let lines = value.split(['\n', '\r']);
    let whole = value.contains(['\n', '\r']).then_some(value);
    let all = whole.into_iter().chain(lines).filter(|text| !text.trim().is_empty());
    all.fold(String::new(), |mut out, text| {
        let text = text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
        out.extend(["::add-mask::", &text, "\n"]);
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_nowhere_in_the_value() {
        assert_eq!(github("A", "x=y"), "A=x=y\n");
        assert_eq!(github("A", "x\nHSM_END\ny"), "A<<HSM_END_1\nx\nHSM_END\ny\nHSM_END_1\n");
        assert_eq!(github("A", "HSM_END_1\nHSM_END_2"), "A<<HSM_END_3\nHSM_END_1\nHSM_END_2\nHSM_END_3\n");
    }

    #[test]
    fn a_mask_hides_the_whole_and_each_line() {
        assert_eq!(github_masks("50%"), "::add-mask::50%25\n");
        assert_eq!(github_masks("a\n\nb"), "::add-mask::a%0A%0Ab\n::add-mask::a\n::add-mask::b\n");
        assert_eq!(github_masks(""), "");
    }
}
