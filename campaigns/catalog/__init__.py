"""What is for sale, and the verified sites that links may lead to."""
