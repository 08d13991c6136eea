/// Files in the folder of a model that MLflow has written.
package enum MLflowModel {
    /// Describes the model; a folder that has it is one of MLflow's.
    package static let descriptor = "MLmodel"
    /// Lists the model's packages.
    package static let condaFile = "conda.yaml"

    /// Whether `path`, relative to `folder`, exists and is not a folder that MLflow has written.
    package static func isForeign(_ path: String, in folder: String) -> Bool {
        let place = DiskPath.joined(folder, path)
        return DiskFacts(place) != nil && DiskFacts(place + "/" + descriptor)?.isRegular != true
    }
}
