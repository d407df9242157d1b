"""Examples of uploads and downloads, both streamed: no file is ever completely in memory."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from kit.errors import NotFoundException
from kit.temp_files import TempFilesDep, UploadDep, download

router = APIRouter()

FILE = {"type": "string", "format": "binary"}
FORM = {"type": "object", "properties": {"file": FILE}, "required": ["file"]}
FileName = Annotated[str, Path(max_length=255)]


def body(content_type: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Return the OpenAPI description of a body that the route reads itself."""
    return {"requestBody": {"required": True, "content": {content_type: {"schema": schema}}}}


class Saved(BaseModel):
    """The name of the saved file, which has a number if the requested name was taken."""

    name: str


@router.post("", status_code=201, openapi_extra=body("multipart/form-data", FORM))
async def upload_form(upload: UploadDep, files: TempFilesDep) -> Saved:
    """Save the file of a form."""
    name = upload.name or "upload"
    return Saved(name=await files.save(name, upload.content, content_type=upload.content_type))


@router.put("/{name}", status_code=201, openapi_extra=body("application/octet-stream", FILE))
async def upload_body(name: FileName, upload: UploadDep, files: TempFilesDep) -> Saved:
    """Save the request body as a file."""
    return Saved(name=await files.save(name, upload.content, content_type=upload.content_type))


@router.head("/{name}", include_in_schema=False)
@router.get("/{name}", response_class=StreamingResponse, responses={200: {"content": {"*/*": {"schema": FILE}}}})
async def get_file(name: FileName, request: Request, files: TempFilesDep) -> Response:
    """Return a file, or the part in the `Range` header."""
    return await download(files, name, request)


@router.delete("/{name}", status_code=204)
async def delete_file(name: FileName, files: TempFilesDep) -> None:
    if not await files.delete(name):
        raise NotFoundException("File", name)
