//! What the refusals of a sign-in mean, by their codes and words.
//!
//! The codes are those of
//! [Microsoft Entra](https://learn.microsoft.com/entra/identity-platform/reference-error-codes).

use serde::Deserialize;

use crate::http::Failure;

use super::error::Fault;

/// Codes of Entra (`AADSTS…`), and what helps.
const ENTRA: [(&[u32], &str); 10] = [
    (
        &[70_021, 700_211, 700_213, 70_025],
        "compare the federated credential of the application with the issuer and the subject that the service connection shows: one is missing or differs. A connection whose issuer is `https://vstoken.dev.azure.com/…` breaks when it, its project or its organization is renamed",
    ),
    (
        &[700_016],
        "check the client id of the service connection: the application is not in this tenant, or was deleted",
    ),
    (
        &[700_024],
        "run again: the assertion of the pipeline run was older than ten minutes. Where it happens again, the clock of the agent is wrong",
    ),
    (
        &[700_223, 700_238],
        "ask an administrator of the tenant to allow workload identity federation for this application, or use another kind of service connection",
    ),
    (
        &[7_000_215],
        "put the value of the application's secret into the service connection, not its id",
    ),
    (
        &[7_000_222],
        "the application's secret expired: convert the service connection to workload identity federation, which needs none, or give it a new secret",
    ),
    (
        &[700_027],
        "the certificate is not one of the application's: upload its public part to the application, or put the right one into the service connection",
    ),
    (
        &[900_023, 90_002],
        "check the tenant id of the service connection",
    ),
    (
        &[900_382],
        "this cloud refuses other clouds' tenants: check the environment of the service connection",
    ),
    (
        &[53_003, 530_003],
        "a conditional access policy refuses the sign-in of this identity from this network: ask an administrator of the tenant",
    ),
];

/// What helps where the server is at fault.
const AGAIN: &str = "run again: the service is overloaded or has an outage";

/// What helps where nothing is known.
const USUAL: &str = "check the service connection with \"Verify\" in the project's settings";

/// The error body of Entra.
#[derive(Deserialize, Default)]
#[serde(default)]
struct EntraError {
    error: String,
    error_description: String,
    error_codes: Vec<u32>,
}

/// What a refusal of Entra means.
pub(super) fn of_entra(failure: &Failure) -> Fault {
    let body: EntraError = serde_json::from_slice(&failure.body).unwrap_or_default();
    // What follows in further lines are ids and times.
    let first = body.error_description.lines().next().unwrap_or_default();
    let said = match (first, body.error.as_str()) {
        ("", "") => failure.to_string(),
        ("", error) => error.to_owned(),
        (first, _) => first.trim().to_owned(),
    };
    let known = ENTRA.iter().find(|(codes, _)| {
        let mut codes = codes.iter();
        codes.any(|code| body.error_codes.contains(code) || names(&said, *code))
    });
    let hint = match (known, failure.status) {
        (Some((_, hint)), _) => hint,
        (None, 429 | 500..) => AGAIN,
        (None, _) => USUAL,
    };
    Fault::Refused {
        whose: "Entra",
        said,
        hints: vec![hint.to_owned()],
    }
}

/// Whether a text names a code, as in `AADSTS700016: …`.
fn names(text: &str, code: u32) -> bool {
    let text = text.strip_prefix("AADSTS").unwrap_or_default();
    let digits = text.find(|c: char| !c.is_ascii_digit());
    text.get(..digits.unwrap_or(text.len())) == Some(&code.to_string())
}

/// What a refusal of Azure DevOps to give out an assertion means.
pub(super) fn of_azure_devops(failure: &Failure) -> Fault {
    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct Body {
        message: String,
    }
    let body: Body = serde_json::from_slice(&failure.body).unwrap_or_default();
    let said = match body.message.trim() {
        "" => failure.to_string(),
        message => message.to_owned(),
    };
    let unknown = said.contains("No service connection found");
    let hint = match failure.status {
        _ if unknown => {
            "check that the connection exists, and authorize this pipeline to use it: in the project's settings, under the connection's \"Approvals and checks\" or \"Security\""
        }
        401 | 403 | 302 | 203 => {
            "the job's own token was refused: it expired with the job, or the step runs outside of it. Run the job again"
        }
        429 | 500.. => AGAIN,
        404 => {
            "Azure DevOps Server has no workload identity: use the job's own token, or a personal access token for one organization"
        }
        _ => USUAL,
    };
    Fault::Refused {
        whose: "Azure DevOps",
        said,
        hints: vec![hint.to_owned()],
    }
}

/// What a refusal of the machine's identity means.
pub(super) fn of_machine(failure: &Failure) -> Fault {
    let body: EntraError = serde_json::from_slice(&failure.body).unwrap_or_default();
    let said = match body.error_description.lines().next().unwrap_or_default() {
        "" => failure.to_string(),
        first => first.trim().to_owned(),
    };
    let hint = if failure.status == 400 {
        "assign a managed identity to the machine; where it has several, name one by its client id"
    } else {
        "run again: the identity service of the machine is busy or being updated"
    };
    Fault::Refused {
        whose: "the machine's identity service",
        said,
        hints: vec![hint.to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RedactedUrl;

    fn failure(status: u16, body: &str) -> Failure {
        Failure {
            status,
            method: reqwest::Method::POST,
            url: RedactedUrl::new(url::Url::parse("https://contoso.com/token").unwrap()),
            request_id: None,
            retry_after: None,
            content_type: "application/json".into(),
            body: body.as_bytes().to_vec(),
        }
    }

    fn shown(fault: &Fault) -> String {
        let Fault::Refused { hints, .. } = fault else {
            panic!("{fault}")
        };
        format!("{fault} | {}", hints.join(" "))
    }

    #[rstest::rstest]
    #[case(70_021, "compare the federated credential")]
    #[case(700_211, "compare the federated credential")]
    #[case(700_213, "compare the federated credential")]
    #[case(70_025, "compare the federated credential")]
    #[case(700_016, "check the client id")]
    #[case(700_024, "run again: the assertion")]
    #[case(700_223, "ask an administrator of the tenant to allow")]
    #[case(700_238, "ask an administrator of the tenant to allow")]
    #[case(7_000_215, "put the value of the application's secret")]
    #[case(7_000_222, "the application's secret expired")]
    #[case(700_027, "the certificate is not one of the application's")]
    #[case(900_023, "check the tenant id")]
    #[case(900_382, "this cloud refuses")]
    #[case(1, "check the service connection with \"Verify\"")]
    fn each_code_of_entra_has_a_remedy_of_its_own(#[case] code: u32, #[case] hint: &str) {
        let description = format!("AADSTS{code}: No.\\r\\nTrace ID: 1\\r\\nTimestamp: 2");
        let by_words =
            format!(r#"{{"error":"invalid_client","error_description":"{description}"}}"#);
        let by_number = format!(
            r#"{{"error":"invalid_client","error_description":"No.","error_codes":[{code}]}}"#
        );
        let words = shown(&of_entra(&failure(400, &by_words)));
        assert!(
            words.starts_with(&format!("Entra answered: AADSTS{code}: No. | {hint}")),
            "{words}"
        );
        let number = shown(&of_entra(&failure(401, &by_number)));
        assert!(
            number.starts_with(&format!("Entra answered: No. | {hint}")),
            "{number}"
        );
    }

    #[rstest::rstest]
    #[case(401, "", "answered 401 | the job's own token was refused")]
    #[case(
        404,
        r#"{"message":"No service connection found with identifier 1."}"#,
        "No service connection found with identifier 1. | check that the connection exists, and authorize this pipeline"
    )]
    #[case(
        404,
        "{}",
        "answered 404: {} | Azure DevOps Server has no workload identity"
    )]
    #[case(400, r#"{"message":"x"}"#, "x | check the service connection")]
    #[case(500, r#"{"message":"x"}"#, "x | run again")]
    fn azure_devops_says_why_it_gives_out_no_assertion(
        #[case] status: u16,
        #[case] body: &str,
        #[case] expected: &str,
    ) {
        let shown = shown(&of_azure_devops(&failure(status, body)));
        assert!(shown.contains(expected), "{shown}");
    }

    #[test]
    fn an_answer_that_is_no_json_is_shown_as_it_came() {
        let shown = shown(&of_entra(&failure(502, "bad gateway")));
        assert!(
            shown.starts_with(
                "Entra answered: POST https://contoso.com/token answered 502: bad gateway"
            ),
            "{shown}"
        );
    }
}
