/// Files in the folder of a model that MLflow has written.
package enum MLflowModel {
    /// The file that describes the model; a folder that contains it is an MLflow model.
    package static let descriptor = "MLmodel"
    /// The file that lists the model's packages.
    package static let condaFile = "conda.yaml"

    /// Returns whether `path`, relative to `folder`, exists and is not an MLflow model.
    package static func isNotMLflowModel(_ path: String, in folder: String) -> Bool {
        let place = DiskPath.joined(folder, path)
        return FileMetadata(place) != nil && FileMetadata(place + "/" + descriptor)?.isRegular != true
    }
}
