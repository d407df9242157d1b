"""Two routes and nothing else, on FastAPI."""

from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Identity(BaseModel):
    status: str = "ok"
    name: str
    version: str
    env: str


class Small(BaseModel):
    number: int
    done: bool = True


@app.get("/")
async def identify() -> Identity:
    return Identity(name="example-service", version="0.1.0", env="staging")


@app.get("/api/small/{number}")
async def small(number: int) -> Small:
    return Small(number=number)
