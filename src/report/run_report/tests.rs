use super::*;

#[test]
fn the_names_of_variables_hold_no_more_than_variables_can() {
    let environments = [
        "dev",
        "prod/weu",
        "prod weu",
        "Dev",
        "a];b=c",
        "$(x)",
        "höchst",
        "a.b-c",
        "two\nlines",
    ];
    let mut taken = HashSet::new();
    let names = environments.map(|name| variable_name(name, &mut taken));
    assert_eq!(
        names,
        [
            "dev",
            "prod_weu",
            "prod_weu_2",
            "Dev_2",
            "a__b_c",
            "__x_",
            "h_chst",
            "a.b-c",
            "two_lines",
        ]
    );
}
