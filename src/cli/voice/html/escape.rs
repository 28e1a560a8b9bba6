//! Text that comes from files, made harmless for HTML.

/// A text in a document or in an attribute: what could open a tag or an entity is written as one, and what could steer the
/// terminal or turn the direction of the writing around is made visible.
pub(in crate::cli::voice) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(c),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => out.push(char::REPLACEMENT_CHARACTER),
            c if c.is_control() => out.push(char::REPLACEMENT_CHARACTER),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_opens_a_tag() {
        let hostile = "</script><img src=x onerror='a()'>\" & \u{202e}\u{1b}[31m";
        assert_eq!(
            escape(hostile),
            "&lt;/script&gt;&lt;img src=x onerror=&#39;a()&#39;&gt;&quot; &amp; \u{fffd}\u{fffd}[31m"
        );
    }
}
