//! The table in `README.md` names tests; they must be there.

use std::fs;
use std::path::Path;

#[test]
fn every_test_in_the_table_exists() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut named = 0;
    for path in include_str!("README.md").split('`').skip(1).step_by(2).filter(|word| word.contains("::")) {
        let parts: Vec<&str> = path.trim_end_matches("::").split("::").collect();
        let (file, test) = match parts.as_slice() {
            [_] => continue, // a folder
            [folder, module] if tests.join(folder).is_dir() => (tests.join(folder).join(format!("{module}.rs")), None),
            [module, test] => (tests.join("attacks").join(format!("{module}.rs")), Some(test)),
            [folder, module, test] => (tests.join(folder).join(format!("{module}.rs")), Some(test)),
            _ => panic!("{path} is no path of a test"),
        };
        let source = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{path}: {}: {error}", file.display()));
        assert!(test.is_none_or(|test| source.contains(&format!("fn {test}("))), "{path} does not exist");
        named += 1;
    }
    assert!(named > 50, "{named}");
}
