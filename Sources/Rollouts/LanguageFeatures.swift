// A misspelled upcoming feature is ignored silently by the compiler; each one that Package.swift names is held here.
#if !hasFeature(ExistentialAny)
    #error("ExistentialAny is not on")
#endif
#if !hasFeature(InternalImportsByDefault)
    #error("InternalImportsByDefault is not on")
#endif
#if !hasFeature(MemberImportVisibility)
    #error("MemberImportVisibility is not on")
#endif
#if !hasFeature(NonisolatedNonsendingByDefault)
    #error("NonisolatedNonsendingByDefault is not on")
#endif
#if !hasFeature(InferIsolatedConformances)
    #error("InferIsolatedConformances is not on")
#endif
