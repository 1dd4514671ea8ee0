//! What may stand in a kustomization: the allow list, field by field.
//!
//! Owns the fields of `Kustomization` v1beta1 and `Component` v1alpha1, which
//! are the same, as Kustomize's own types have them
//! (<https://github.com/kubernetes-sigs/kustomize/blob/master/api/types/kustomization.go>).
//! Fields that only run programs are in no list.

use super::fields::What;

/// What a value may be.
#[derive(Debug)]
pub(super) enum Shape {
    /// A text.
    Text,
    /// A text that names something.
    Names(What),
    /// A number or a boolean.
    Scalar,
    /// Anything, as for a chart's values.
    Any,
    /// Any keys with texts.
    Texts,
    /// A list.
    List(&'static Shape),
    /// A map with these fields.
    Object(&'static [Field]),
}

/// A field and its value.
pub(super) type Field = (&'static str, &'static Shape);

const TEXT: &Shape = &Shape::Text;
const SCALAR: &Shape = &Shape::Scalar;
const TEXTS: &Shape = &Shape::Texts;
const LIST: &Shape = &Shape::List(TEXT);
const HOME: &Shape = &Shape::Names(What::ChartHome);
const FILE: &Shape = &Shape::Names(What::File);
const FILES: &Shape = &Shape::List(FILE);
const SETTINGS: &Shape = &Shape::Names(What::Settings);
const VALUES: &Shape = &Shape::Names(What::Values);
const KEYED: &Shape = &Shape::List(&Shape::Names(What::KeyedFile));
const FOLDERS: &Shape = &Shape::List(&Shape::Names(What::Folder));
const PLUGINS: &Shape = &Shape::List(&Shape::Names(What::Plugin));

/// A whole kustomization.
pub(super) const KUSTOMIZATION: &[Field] = &[
    ("apiVersion", TEXT),
    ("kind", TEXT),
    ("metadata", METADATA),
    (
        "openapi",
        &Shape::Object(&[("path", FILE), ("version", TEXT)]),
    ),
    ("namePrefix", TEXT),
    ("nameSuffix", TEXT),
    ("namespace", TEXT),
    ("commonLabels", TEXTS),
    ("commonAnnotations", TEXTS),
    ("labels", &Shape::List(LABEL)),
    (
        "patchesStrategicMerge",
        &Shape::List(&Shape::Names(What::Patch)),
    ),
    ("patchesJson6902", &Shape::List(PATCH)),
    ("patches", &Shape::List(PATCH)),
    ("images", &Shape::List(IMAGE)),
    ("imageTags", &Shape::List(IMAGE)),
    ("replacements", REPLACEMENTS),
    ("replicas", &Shape::List(REPLICA)),
    ("vars", &Shape::List(VAR)),
    ("sortOptions", SORT),
    ("resources", RESOURCES),
    ("components", FOLDERS),
    ("crds", FILES),
    ("bases", RESOURCES),
    (
        "configMapGenerator",
        &Shape::List(&Shape::Object(GENERATED)),
    ),
    ("secretGenerator", &Shape::List(&Shape::Object(GENERATED))),
    ("helmGlobals", &Shape::Object(&[("chartHome", HOME)])),
    ("helmCharts", &Shape::List(&Shape::Object(CHART))),
    ("helmChartInflationGenerator", &Shape::List(OLD_CHART)),
    ("generatorOptions", OPTIONS),
    ("configurations", FILES),
    ("generators", PLUGINS),
    ("transformers", PLUGINS),
    ("validators", PLUGINS),
    ("buildMetadata", LIST),
];

/// A kustomization in a folder that `generators`, `transformers` or
/// `validators` name: what it would change in configurations of plugins could
/// not be checked before.
pub(super) const PLUGIN_FOLDER: &[Field] = &[
    ("apiVersion", TEXT),
    ("kind", TEXT),
    ("metadata", METADATA),
    ("resources", RESOURCES),
];

/// The one spelling of a field that differs from Kustomize's own and is in
/// common use, its examples included.
pub(super) fn usual(name: &str) -> &str {
    match name {
        "fieldpath" => "fieldPath",
        name => name,
    }
}

/// What only runs programs, or brings some along.
pub(super) const RUNS: [&str; 4] = ["helmBin", "extraArgs", "configHome", "helmHome"];

const RESOURCES: &Shape = &Shape::List(&Shape::Names(What::Resource));

const METADATA: &Shape = &Shape::Object(&[
    ("name", TEXT),
    ("namespace", TEXT),
    ("labels", TEXTS),
    ("annotations", TEXTS),
]);

const FIELD_SPECS: &Shape = &Shape::List(&Shape::Object(&[
    ("group", TEXT),
    ("version", TEXT),
    ("kind", TEXT),
    ("path", TEXT),
    ("create", SCALAR),
]));

const LABEL: &Shape = &Shape::Object(&[
    ("pairs", TEXTS),
    ("includeSelectors", SCALAR),
    ("includeTemplates", SCALAR),
    ("includeVolumeClaimTemplates", SCALAR),
    ("fields", FIELD_SPECS),
]);

const SELECTOR: &Shape = &Shape::Object(&[
    ("group", TEXT),
    ("version", TEXT),
    ("kind", TEXT),
    ("name", TEXT),
    ("namespace", TEXT),
    ("annotationSelector", TEXT),
    ("labelSelector", TEXT),
]);

const PATCH_OPTIONS: &Shape =
    &Shape::Object(&[("allowNameChange", SCALAR), ("allowKindChange", SCALAR)]);

const PATCH: &Shape = &Shape::Object(&[
    ("path", FILE),
    ("patch", TEXT),
    ("target", SELECTOR),
    ("options", PATCH_OPTIONS),
]);

const IMAGE: &Shape = &Shape::Object(&[
    ("name", TEXT),
    ("newName", TEXT),
    ("tagSuffix", TEXT),
    ("newTag", TEXT),
    ("digest", TEXT),
]);

const FIELD_OPTIONS: &Shape = &Shape::Object(&[
    ("delimiter", TEXT),
    ("index", SCALAR),
    ("encoding", TEXT),
    ("create", SCALAR),
]);

const REPLACEMENTS: &Shape = &Shape::List(&Shape::Object(&[
    ("path", FILE),
    (
        "source",
        &Shape::Object(&[
            ("group", TEXT),
            ("version", TEXT),
            ("kind", TEXT),
            ("name", TEXT),
            ("namespace", TEXT),
            ("fieldPath", TEXT),
            ("options", FIELD_OPTIONS),
        ]),
    ),
    ("sourceValue", TEXT),
    (
        "targets",
        &Shape::List(&Shape::Object(&[
            ("select", SELECTOR),
            ("reject", &Shape::List(SELECTOR)),
            ("fieldPaths", LIST),
            ("options", FIELD_OPTIONS),
        ])),
    ),
]));

const REPLICA: &Shape = &Shape::Object(&[("name", TEXT), ("count", SCALAR)]);

const VAR: &Shape = &Shape::Object(&[
    ("name", TEXT),
    (
        "objref",
        &Shape::Object(&[
            ("apiVersion", TEXT),
            ("group", TEXT),
            ("version", TEXT),
            ("kind", TEXT),
            ("name", TEXT),
            ("namespace", TEXT),
        ]),
    ),
    ("fieldref", &Shape::Object(&[("fieldPath", TEXT)])),
]);

const SORT: &Shape = &Shape::Object(&[
    ("order", TEXT),
    (
        "legacySortOptions",
        &Shape::Object(&[("orderFirst", LIST), ("orderLast", LIST)]),
    ),
]);

const OPTIONS: &Shape = &Shape::Object(&[
    ("labels", TEXTS),
    ("annotations", TEXTS),
    ("disableNameSuffixHash", SCALAR),
    ("immutable", SCALAR),
]);

const GENERATED: &[Field] = &[
    ("namespace", TEXT),
    ("name", TEXT),
    ("behavior", TEXT),
    ("literals", LIST),
    ("files", KEYED),
    ("envs", &Shape::List(SETTINGS)),
    ("env", SETTINGS),
    ("options", OPTIONS),
    ("type", TEXT),
];

const CHART: &[Field] = &[
    ("name", TEXT),
    ("version", TEXT),
    ("repo", TEXT),
    ("releaseName", TEXT),
    ("namespace", TEXT),
    ("additionalValuesFiles", &Shape::List(VALUES)),
    ("valuesFile", VALUES),
    ("valuesInline", &Shape::Any),
    ("valuesMerge", TEXT),
    ("includeCRDs", SCALAR),
    ("skipHooks", SCALAR),
    ("apiVersions", LIST),
    ("kubeVersion", TEXT),
    ("nameTemplate", TEXT),
    ("skipTests", SCALAR),
    ("debug", SCALAR),
    ("devel", SCALAR),
];

const OLD_CHART: &Shape = &Shape::Object(&[
    ("chartName", TEXT),
    ("chartVersion", TEXT),
    ("chartRepoUrl", TEXT),
    ("chartHome", HOME),
    ("chartRepoName", TEXT),
    ("values", VALUES),
    ("valuesLocal", &Shape::Any),
    ("valuesMerge", TEXT),
    ("releaseName", TEXT),
    ("releaseNamespace", TEXT),
]);

/// The fields of a built-in plugin besides those that every resource has;
/// `None` for what is none.
pub(super) fn plugin(kind: &str) -> Option<&'static [&'static [Field]]> {
    const COMMON: &[Field] = &[("apiVersion", TEXT), ("kind", TEXT), ("metadata", METADATA)];
    const SPECS: &[Field] = &[("fieldSpecs", FIELD_SPECS)];
    Some(match kind {
        "AnnotationsTransformer" => &[COMMON, SPECS, &[("annotations", TEXTS)]],
        "LabelTransformer" => &[COMMON, SPECS, &[("labels", TEXTS)]],
        "ConfigMapGenerator" | "SecretGenerator" => &[COMMON, GENERATED],
        "HashTransformer" => &[COMMON],
        "HelmChartInflationGenerator" => &[COMMON, CHART, &[("chartHome", HOME)]],
        "IAMPolicyGenerator" => &[
            COMMON,
            &[
                ("cloud", TEXT),
                (
                    "kubernetesService",
                    &Shape::Object(&[("name", TEXT), ("namespace", TEXT)]),
                ),
                (
                    "serviceAccount",
                    &Shape::Object(&[("name", TEXT), ("projectId", TEXT)]),
                ),
            ],
        ],
        "ImageTagTransformer" => &[COMMON, SPECS, &[("imageTag", IMAGE)]],
        "NamespaceTransformer" => &[
            COMMON,
            SPECS,
            &[("unsetOnly", SCALAR), ("setRoleBindingSubjects", TEXT)],
        ],
        "PatchJson6902Transformer" => &[
            COMMON,
            &[("target", SELECTOR), ("path", FILE), ("jsonOp", TEXT)],
        ],
        "PatchStrategicMergeTransformer" => &[
            COMMON,
            &[
                ("paths", &Shape::List(&Shape::Names(What::Patch))),
                ("patches", TEXT),
            ],
        ],
        "PatchTransformer" => &[
            COMMON,
            &[
                ("path", FILE),
                ("patch", TEXT),
                ("target", SELECTOR),
                ("options", PATCH_OPTIONS),
            ],
        ],
        "PrefixTransformer" => &[COMMON, SPECS, &[("prefix", TEXT)]],
        "SuffixTransformer" => &[COMMON, SPECS, &[("suffix", TEXT)]],
        "PrefixSuffixTransformer" => &[COMMON, SPECS, &[("prefix", TEXT), ("suffix", TEXT)]],
        "ReplacementTransformer" => &[COMMON, &[("replacements", REPLACEMENTS)]],
        "ReplicaCountTransformer" => &[COMMON, SPECS, &[("replica", REPLICA)]],
        "ValueAddTransformer" => &[
            COMMON,
            &[
                ("value", TEXT),
                (
                    "targets",
                    &Shape::List(&Shape::Object(&[
                        ("selector", SELECTOR),
                        ("fieldPath", TEXT),
                        ("filePathPosition", SCALAR),
                    ])),
                ),
                ("targetFilePath", FILE),
            ],
        ],
        _ => return None,
    })
}
