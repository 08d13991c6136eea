// The compiler silently ignores misspelled upcoming features, so each feature in Package.swift is checked here.
#if !hasFeature(ExistentialAny)
    #error("ExistentialAny is not enabled")
#endif
#if !hasFeature(InternalImportsByDefault)
    #error("InternalImportsByDefault is not enabled")
#endif
#if !hasFeature(MemberImportVisibility)
    #error("MemberImportVisibility is not enabled")
#endif
#if !hasFeature(NonisolatedNonsendingByDefault)
    #error("NonisolatedNonsendingByDefault is not enabled")
#endif
#if !hasFeature(InferIsolatedConformances)
    #error("InferIsolatedConformances is not enabled")
#endif
