//! What cannot be rendered, and what is said about it.

use super::*;
use crate::fabrikate::source;

async fn said(options: &Options) -> String {
    run(options).await.unwrap_err().to_string()
}

#[rstest::rstest]
#[case::syntax(
    "{\n  a: [1, 2\n}",
    "the program `main.jsonnet` failed: `main.jsonnet` is malformed, line 3, column 1: `}` is unexpected; it should be `,` or `]`"
)]
#[case::end_of_file(
    "{ a: 1",
    "the program `main.jsonnet` failed: `main.jsonnet` is malformed, line 1, column 7: the file ends here; it should be `,` or `}`"
)]
#[case::string(
    "{ a: 'x",
    "the program `main.jsonnet` failed: `main.jsonnet` is malformed, line 1, column 6: the string has no end"
)]
#[case::unknown_variable(
    "local a = 1;\nb",
    "the program `main.jsonnet` failed: `main.jsonnet` is malformed, line 2, column 1: there is no variable `b`"
)]
#[case::character(
    "{ a: \u{2019}x\u{2019} }",
    "the program `main.jsonnet` failed: `main.jsonnet` is malformed, line 1, column 6: '’' means nothing here"
)]
#[case::field_twice(
    "{ a: 1, a: 2 }",
    "the program `main.jsonnet` failed: `main.jsonnet` is malformed, line 1, column 9: the field `a` is defined twice"
)]
#[case::number(
    "1",
    "the program `main.jsonnet` yields a number at `$`, where a resource or a list of resources should be"
)]
#[case::text(
    "{ a: { b: ['text'] } }",
    "the program `main.jsonnet` yields a string at `$.a.b[0]`, where a resource or a list of resources should be"
)]
#[case::no_api_version(
    "{ 'a-b': { kind: 'Pod', metadata: {} } }",
    "the program `main.jsonnet` yields an object with a kind and no apiVersion at `$[\"a-b\"]`, where a resource or a list of resources should be"
)]
#[case::no_kind(
    "[{ apiVersion: 'v1' }]",
    "the program `main.jsonnet` yields an object with an apiVersion and no kind at `$[0]`, where a resource or a list of resources should be"
)]
#[case::a_function(
    "{ apiVersion: 'v1', kind: 'Pod', spec: function(x) x }",
    "the program `main.jsonnet` yields a function at `$.spec`"
)]
#[case::import(
    "import 'none.libsonnet'",
    "the program `main.jsonnet` failed: `none.libsonnet` cannot be imported: it is not in the source, `lib`\n  main.jsonnet:1:1"
)]
#[case::import_text(
    "{ a: importstr 'none.txt' }",
    "the program `main.jsonnet` failed: `none.txt` cannot be imported: it is not in the source, `lib`\n  main.jsonnet:1:6\n  in field `a`"
)]
#[case::outside(
    "import '../x.libsonnet'",
    "the program `main.jsonnet` failed: `../x.libsonnet` leads out of `<root>`, and nothing outside of it is imported\n  main.jsonnet:1:1"
)]
#[case::outside_bytes(
    "importbin 'lib/../../x'",
    "the program `main.jsonnet` failed: `../x` leads out of `<root>`, and nothing outside of it is imported\n  main.jsonnet:1:1"
)]
#[case::absolute(
    "importstr '/etc/hostname'",
    "the program `main.jsonnet` failed: `/etc/hostname` cannot be imported: it is not a relative path\n  main.jsonnet:1:1"
)]
#[case::folder(
    "import 'lib'",
    "the program `main.jsonnet` failed: `lib` cannot be imported: it is not in the source, `lib`\n  main.jsonnet:1:1"
)]
#[case::external_variable(
    "std.extVar('none')",
    "the program `main.jsonnet` failed: there is no external variable `none`\n  main.jsonnet:1:1, in function `extVar`"
)]
#[case::argument(
    "function(tag) tag",
    "the program `main.jsonnet` failed: the parameter `tag` has no argument"
)]
#[case::recursion(
    "local f(x) = f(x + 1) + 1; f(0)",
    "the program `main.jsonnet` failed: calls nest more than 500 deep\n  main.jsonnet:1:14, in function `f`\n  main.jsonnet:1:28, in function `f`"
)]
#[case::itself(
    "local a = a + 1; a",
    "the program `main.jsonnet` failed: a value depends on itself\n  main.jsonnet:1:11, in variable `a`\n  main.jsonnet:1:18, in variable `a`"
)]
#[case::import_of_itself(
    "import 'main.jsonnet'",
    "the program `main.jsonnet` failed: a value depends on itself\n  main.jsonnet:1:1, in an import"
)]
#[case::assertion(
    "{ assert self.a == 1 : 'a must be 1', a: 2 }",
    "the program `main.jsonnet` failed: a must be 1\n  main.jsonnet:1:3"
)]
#[case::native(
    "std.native('sh')('ls')",
    "the program `main.jsonnet` failed: null is called as a function\n  main.jsonnet:1:1"
)]
#[case::division(
    "1 / 0",
    "the program `main.jsonnet` failed: division by zero\n  main.jsonnet:1:1"
)]
#[case::types(
    "{} - 1",
    "the program `main.jsonnet` failed: `-` does not go with an object and a number\n  main.jsonnet:1:1"
)]
#[case::missing_field(
    "{ a: 1 }.b",
    "the program `main.jsonnet` failed: there is no field `b`\n  main.jsonnet:1:1"
)]
#[case::standard_function(
    "std.length(1)",
    "the program `main.jsonnet` failed: argument 1 of `std.length` is a number, not a string or an array or an object or a function\n  main.jsonnet:1:1, in function `length`"
)]
#[tokio::test]
async fn a_bad_program_is_explained(#[case] program: &str, #[case] expected: &str) {
    let folder = source(&[("main.jsonnet", program), ("lib/x.txt", "")]);
    let root = folder.path().canonicalize().unwrap();
    let said = said(&options(folder.path())).await;
    assert_eq!(said.replace(root.to_str().unwrap(), "<root>"), expected);
}

#[tokio::test]
async fn a_trace_leads_from_the_error_to_the_program() {
    let error = said(&options(&case("broken"))).await;
    assert_eq!(
        error,
        "the program `main.jsonnet` failed: web needs an image\n  \
         lib/app.libsonnet:4:27\n  \
         lib/app.libsonnet:2:21, in a function\n  \
         main.jsonnet:4:8, in a function\n  \
         in field `web`"
    );
}

#[tokio::test]
async fn a_malformed_library_is_named_with_the_place_of_the_import() {
    let folder = source(&[
        ("main.jsonnet", "\nlocal a = import 'a.libsonnet';\na"),
        ("a.libsonnet", "{\n  a: )\n}"),
    ]);
    let error = said(&options(folder.path())).await;
    assert!(
        error.starts_with("the program `main.jsonnet` failed: `a.libsonnet` is malformed, line 2, column 6: `)` is unexpected"),
        "{error}"
    );
    assert!(error.contains("\n  main.jsonnet:2:11"), "{error}");
}

#[cfg(unix)]
#[rstest::rstest]
#[case("import 'link.libsonnet'")]
#[case("importstr 'link.libsonnet'")]
#[case("importbin 'folder/a.libsonnet'")]
#[tokio::test]
async fn a_link_that_leads_out_is_not_followed(#[case] program: &str) {
    let outside = source(&[("a.libsonnet", "'secret'")]);
    let folder = source(&[("main.jsonnet", program)]);
    let link = |target: &Path, name| {
        std::os::unix::fs::symlink(target, folder.path().join(name)).unwrap();
    };
    link(&outside.path().join("a.libsonnet"), "link.libsonnet");
    link(outside.path(), "folder");
    let error = said(&options(folder.path())).await;
    assert!(error.contains("leads out of"), "{error}");
    assert!(!error.contains("secret"), "{error}");
}

#[tokio::test]
async fn a_source_without_programs_is_refused_with_what_to_do() {
    let folder = source(&[("a.libsonnet", "{}")]);
    for path in [
        folder.path().to_path_buf(),
        folder.path().join("a.libsonnet"),
    ] {
        let error = run(&options(&path)).await.unwrap_err();
        let shown = path.display();
        assert_eq!(
            error.to_string(),
            format!(
                "there is no Jsonnet program in the source `{shown}`: no file at its top ends in .jsonnet"
            )
        );
    }
}

#[tokio::test]
async fn a_library_folder_that_is_not_there_is_named() {
    let folder = source(&[("a.jsonnet", "{}")]);
    let mut options = options(folder.path());
    let missing = folder.path().join("nowhere/lib");
    options.jsonnet.paths = vec![missing.clone()];
    assert_eq!(
        said(&options).await,
        format!("the folder `{}` does not exist", missing.display())
    );
    // What lies elsewhere is not even looked for.
    options.jsonnet.paths = vec!["/nowhere/lib".into()];
    let error = said(&options).await;
    assert!(error.starts_with("`/nowhere/lib` leads out of"), "{error}");
}

#[rstest::rstest]
#[case("std.extVar('none')", "set it in `jsonnetVariables`")]
#[case(
    "function(x) x",
    "a program that is a function is called with `jsonnetArguments`"
)]
#[case(
    "1",
    "a field that isn't a resource can be hidden with `::`, or moved to a `.libsonnet` file"
)]
#[tokio::test]
async fn an_error_says_what_to_do(#[case] program: &str, #[case] hint: &str) {
    let folder = source(&[("main.jsonnet", program)]);
    let error = run(&options(folder.path())).await.unwrap_err();
    let error = gitops_publisher::error::Error::from(error);
    assert_eq!(error.all_hints(), [hint]);
}
