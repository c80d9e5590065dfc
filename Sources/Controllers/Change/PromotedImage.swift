package import SluiceAPI

/// The image of a promotion's item; the render room has a type of the same name for its own input.
package typealias PromotedImage = ImageOverride
