<?php
namespace Underdesk\TestSpaces;

/** Test content that is known by its names: pages, identities and files all begin with a mark. */
interface Marked {
	/** What it is called in answers. */
	public function name(): string;

	/** How the names of its identities begin. */
	public function userPrefix(): string;

	/** How the names of its files begin. */
	public function filePrefix(): string;

	/** @return array<int, string> namespace => beginning of the titles that belong to it, or would name one of its identities */
	public function titles(): array;
}
