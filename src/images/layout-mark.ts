/** Content of `oci-layout`, which tells that a folder or archive is an OCI image layout (image-spec, image-layout.md). */
export const layoutMark = { imageLayoutVersion: '1.0.0' } as const
